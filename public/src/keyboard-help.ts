import { h } from './dom.ts';
import { CLOSE, icon } from './icons.ts';

/*
 * The dialog that tells the keys, loaded when somebody asks for it.
 */

const EVERYWHERE: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/', 'Ctrl K', '⌘ K'], 'Search'],
  [['↓', '↑'], 'Move through what was found'],
  [['Enter'], 'Open it'],
  [['Esc'], 'Clear the search'],
];

/** @param own further keys of this page */
export function createHelp(own: readonly Readonly<Record<'key' | 'does', string>>[]): HTMLDialogElement {
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
    h('form', { method: 'dialog' }, h('button', { class: 'icon-button', 'aria-label': 'Close' }, icon(CLOSE))),
  );
  // A click beside it closes it, as Escape does.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}
