import { find, h } from './dom.ts';
import { icon } from './icons.ts';

/*
 * The same keys on every page, told by a dialog that both a key and a button open.
 */

export interface Shortcut {
  /** As `KeyboardEvent.key` says it. */
  key: string;
  does: string;
  act: () => void;
}

const EVERYWHERE: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/', 'Ctrl K', '⌘ K'], 'Search'],
  [['↓', '↑'], 'Move through what was found'],
  [['Enter'], 'Open it'],
  [['Esc'], 'Clear the search'],
];

/** @param own further keys of this page */
export function startKeyboard(search: HTMLInputElement, own: readonly Shortcut[] = []): void {
  const focusSearch = (): void => {
    search.focus();
    search.select();
  };
  let dialog: HTMLDialogElement | undefined;
  const explain = (): void => {
    dialog ??= createDialog(own);
    if (!dialog.open) dialog.showModal();
  };
  const shortcuts: readonly Shortcut[] = [
    ...own,
    { key: '/', does: '', act: focusSearch },
    { key: '?', does: '', act: explain },
  ];
  find('#shortcuts').addEventListener('click', explain);
  addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      dialog?.close();
      focusSearch();
      return;
    }
    if (isTyping(event) || dialog?.open === true) return;
    const shortcut = shortcuts.find(({ key }) => key === event.key);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.act();
  });
}

/** Whether the key belongs to a text, or to the browser. */
function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  return (
    event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select') !== null
  );
}

function createDialog(own: readonly Shortcut[]): HTMLDialogElement {
  const lines = [...EVERYWHERE, ...own.map(({ key, does }) => [[key], does] as const), [['?'], 'This help'] as const];
  const dialog = h(
    'dialog',
    { class: 'shortcuts', 'aria-labelledby': 'shortcuts-title' },
    h('h2', { id: 'shortcuts-title' }, 'Keyboard'),
    h(
      'dl',
      {},
      ...lines.map(([keys, does]) =>
        h('div', {}, h('dt', {}, ...keys.map((key) => h('kbd', {}, key))), h('dd', {}, does)),
      ),
    ),
    h('form', { method: 'dialog' }, h('button', { class: 'icon-button', 'aria-label': 'Close' }, icon('close'))),
  );
  // A click beside it closes it, as Escape does.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}
