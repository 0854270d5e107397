import { find } from './dom.ts';

/*
 * The same keys on every page, told by a dialog that both a key and a button open.
 */

export interface Shortcut {
  /** As `KeyboardEvent.key` says it. */
  key: string;
  does: string;
  act: () => void;
}

/** @param own further keys of this page */
export function startKeyboard(search: HTMLInputElement, own: readonly Shortcut[] = []): void {
  const focusSearch = (): void => {
    search.focus();
    search.select();
  };
  let dialog: HTMLDialogElement | undefined;
  const explain = async (): Promise<void> => {
    const { createHelp } = await import('./keyboard-help.ts');
    dialog ??= createHelp(own);
    dialog.showModal();
  };
  const shortcuts: readonly Shortcut[] = [
    ...own,
    { key: '/', does: '', act: focusSearch },
    { key: '?', does: '', act: () => void explain() },
  ];
  find('#shortcuts').addEventListener('click', () => void explain());
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

/** Whether the key chooses a letter of an input method: it is that method's, whatever it is (UI Events, section 5.3). */
export function isComposing({ isComposing: composes, keyCode }: KeyboardEvent): boolean {
  // Safari ends the composition before it tells of the Enter that ended it, and says 229 instead.
  return composes || keyCode === 229;
}

/** Whether the key belongs to a text, or to the browser. */
function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || isComposing(event)) return true;
  return (
    event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select') !== null
  );
}
