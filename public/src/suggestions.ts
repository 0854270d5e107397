import type { Row } from './answer.ts';
import { fill, h } from './dom.ts';
import { isComposing } from './keyboard.ts';
import { extensionAddress } from './links.ts';
import { STEP } from './list-state.ts';
import { createSearchClient, type SearchClient } from './search-client.ts';
import type { Shell } from './shell.ts';
import { counted } from './sizes.ts';

/*
 * What the search box of a page that is not the list suggests: a combobox with a listbox (ARIA Authoring Practices). The
 * search is the list's own; Enter without a choice goes there.
 */

const MAX_SUGGESTIONS = 8;

export function startSuggestions({ search: box, pointer, readPointer }: Shell): void {
  const list = h('div', { class: 'suggestions', id: 'suggestions', role: 'listbox', 'aria-label': 'Suggestions' });
  const said = h('span', { class: 'unseen', role: 'status' });
  list.hidden = true;
  box.after(list, said);
  for (const [name, value] of Object.entries(COMBOBOX)) box.setAttribute(name, value);
  let client: SearchClient | undefined;
  let chosen = -1;

  const choose = (at: number): void => {
    chosen = at;
    for (const [place, option] of [...list.children].entries())
      option.setAttribute('aria-selected', String(place === at));
    if (at < 0) box.removeAttribute('aria-activedescendant');
    else box.setAttribute('aria-activedescendant', `suggestion-${at}`);
  };
  const show = (rows: readonly Row[]): void => {
    fill(list, ...rows.map(renderOption));
    list.hidden = rows.length === 0;
    box.setAttribute('aria-expanded', String(rows.length > 0));
    fill(said, box.value.trim() === '' ? '' : counted(rows.length, 'suggestion'));
    choose(-1);
  };
  const suggest = async (): Promise<void> => {
    const text = box.value;
    if (text.trim() === '' || client === undefined) return show([]);
    // The list tells why it cannot be searched; suggestions are only missing.
    const found = await client.ask({ ...EVERYTHING, text }).catch(() => undefined);
    if (found !== undefined && box.value === text && document.activeElement === box) show(found.rows);
  };

  box.addEventListener('focus', () => void prepare());
  box.addEventListener('input', () => void suggest());
  box.addEventListener('blur', () => show([]));
  box.addEventListener('keydown', (event) => {
    if (isComposing(event)) return;
    const count = list.children.length;
    if (event.key === 'ArrowDown' && count > 0) choose(chosen + 1 < count ? chosen + 1 : -1);
    else if (event.key === 'ArrowUp' && count > 0) choose(chosen < 0 ? count - 1 : chosen - 1);
    else if (event.key === 'Enter' && chosen >= 0) list.querySelector<HTMLElement>('[aria-selected=true]')?.click();
    else if (event.key === 'Escape') clear(box, list, () => show([]));
    else return;
    event.preventDefault();
  });
  // The box keeps the focus, so that what is pressed is still there when it is clicked.
  list.addEventListener('pointerdown', (event) => event.preventDefault());

  const prepare = async (): Promise<void> => {
    // A start that failed is made up for: the network may be back.
    const loaded = client ? undefined : await pointer().catch(() => readPointer().catch(() => undefined));
    if (loaded === undefined) return;
    client ??= createSearchClient(loaded);
    client.prepare();
    await suggest();
  };
}

const COMBOBOX = {
  role: 'combobox',
  'aria-expanded': 'false',
  'aria-controls': 'suggestions',
  'aria-autocomplete': 'list',
};
const EVERYTHING = { type: [], source: [], tag: [], sort: 'best', shown: Math.min(MAX_SUGGESTIONS, STEP) } as const;

/** First the suggestions go, then the text, then the focus. */
function clear(box: HTMLInputElement, list: HTMLElement, close: () => void): void {
  if (!list.hidden) return close();
  if (box.value === '') return box.blur();
  box.value = '';
}

function renderOption({ type, name, version, description }: Row, at: number): HTMLElement {
  return h(
    'a',
    {
      id: `suggestion-${at}`,
      role: 'option',
      'aria-selected': 'false',
      href: extensionAddress(`${type}/${name}`),
      tabindex: -1,
    },
    h('span', {}, h('span', { class: 'type' }, `${type}/`), name, ' ', h('span', { class: 'version' }, version)),
    h('span', { class: 'suggestion-text', dir: 'auto' }, description),
  );
}
