import { fill } from './dom.ts';
import { MOON, SCREEN, SUN, icon } from './icons.ts';

/*
 * System, light, dark and around again. What was chosen is kept, and `theme.ts` reads it before the next first paint.
 */

const KEY = 'extension-registry-theme';
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const ICONS: Readonly<Record<Theme, string>> = { system: SCREEN, light: SUN, dark: MOON };

export function startThemeSwitch(button: HTMLElement): void {
  let theme = THEMES.find((each) => each === document.documentElement.dataset['theme']) ?? 'system';
  const show = (): void => {
    fill(button, icon(ICONS[theme]));
    const label = `Colours: ${theme}`;
    button.setAttribute('aria-label', label);
    button.title = label;
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    apply(theme);
    show();
  });
  show();
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch (error) {
    // Where storing is forbidden it holds for this page.
    if (!(error instanceof DOMException)) throw error;
  }
}
