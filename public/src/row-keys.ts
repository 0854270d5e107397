import { isComposing } from './keyboard.ts';

/*
 * From the search box down into the list, through it, and back up. The focus itself moves, so a row is opened, copied or
 * opened elsewhere as any link is.
 */

/** @param linksOf the links of the rows as they are now */
export function startRowKeys(box: HTMLInputElement, linksOf: () => readonly HTMLElement[]): void {
  addEventListener('keydown', (event) => {
    if (isComposing(event)) return;
    const links = linksOf();
    const at = links.findIndex((link) => link === document.activeElement);
    if (document.activeElement !== box && at < 0) return;
    if (event.key === 'ArrowDown') links[at + 1]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? links[at - 1] : box)?.focus();
    else if (event.key === 'Escape') leave(box, at);
    else return;
    event.preventDefault();
  });
}

function leave(box: HTMLInputElement, at: number): void {
  if (at >= 0) return box.focus();
  if (box.value === '') return box.blur();
  box.value = '';
  box.dispatchEvent(new Event('input'));
}
