import { fill, h } from './dom.ts';
import { ALERT, COPY, DONE, icon } from './icons.ts';

/** How long the button says that it is done. */
const DONE_MS = 2_000;

/** @param label what is copied, for those who don't see what it stands beside */
export function copyButton(text: string, label: string): HTMLButtonElement {
  const said = h('span', { class: 'unseen', 'aria-live': 'polite' });
  const drawn = h('span', { class: 'copy-icon' }, icon(COPY));
  const copy = async (): Promise<void> => {
    const copied = await copyText(text);
    fill(drawn, icon(copied ? DONE : ALERT));
    fill(said, copied ? 'Copied' : 'Not copied: select it and press Ctrl C');
    setTimeout(() => {
      fill(drawn, icon(COPY));
      fill(said);
    }, DONE_MS);
  };
  const name = `Copy ${label}`;
  return h(
    'button',
    { class: 'copy', type: 'button', title: name, onclick: () => void copy() },
    drawn,
    h('span', { class: 'unseen' }, name),
    said,
  );
}

/** The clipboard is for secure pages only; what is served over HTTP copies as pages did before there was one. */
async function copyText(text: string): Promise<boolean> {
  if (isSecureContext) {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (done) return true;
  }
  const area = h('textarea', { class: 'unseen', readonly: true, 'aria-hidden': 'true' });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
