import { fill, find, h, type Child } from './dom.ts';
import { LoadError, type LoadFault } from './load.ts';

/*
 * What stands where something should be and is not: said plainly, with what can be done.
 */

export interface State {
  title: string;
  /** `h1` where nothing else stands on the page. */
  heading?: 'h1' | 'h2';
}

export function emptyState({ title, heading = 'h2' }: State, ...children: readonly Child[]): HTMLElement {
  return h('div', { class: 'state' }, h(heading, {}, title), ...children);
}

const FAULTS: Readonly<Record<LoadFault, { title: string; text: string }>> = {
  offline: {
    title: 'The registry does not answer',
    text: 'There may be no network between here and there, or its server is down.',
  },
  missing: {
    title: 'Nothing is published yet',
    text: 'The index appears here when the indexer has run for the first time.',
  },
  refused: {
    title: 'The registry answers with an error',
    text: 'It may be better in a minute; if not, tell who runs it.',
  },
  unreadable: {
    title: 'The answer makes no sense',
    text: 'Something between here and the registry answers in its place, or a file is damaged. Tell who runs it.',
  },
  newer: { title: 'The index is newer than this page', text: 'Reload the page to get its newer version.' },
};
/** What the pointer named is not kept for ever. */
const MOVED = { title: 'The index has changed meanwhile', text: 'Try again to see the newer one.' };

/** @param retry does again what failed */
export function faultState(error: unknown, retry: () => void, heading: State['heading'] = 'h1'): HTMLElement {
  const { title, text } = textOf(error);
  const again = ({ currentTarget: button }: { currentTarget: HTMLButtonElement }): void => {
    // The button goes when there is an answer: keys go on from here, whatever that is.
    find('#main').focus({ preventScroll: true });
    fill(button, 'Trying again…');
    button.disabled = true;
    retry();
  };
  const detail = error instanceof Error ? error.message : String(error);
  const state = emptyState(
    { title, heading },
    h('p', {}, text),
    h('p', { class: 'detail' }, h('code', {}, detail)),
    h('p', {}, h('button', { class: 'button', type: 'button', onclick: again }, 'Try again')),
  );
  state.classList.add('fault');
  return state;
}

function textOf(error: unknown): { title: string; text: string } {
  if (!(error instanceof LoadError)) return FAULTS.refused;
  const { fault, path } = error.failure;
  return fault === 'missing' && path !== 'index.json' ? MOVED : FAULTS[fault];
}
