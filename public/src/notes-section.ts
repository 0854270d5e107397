import type { NotesEntry } from '../../indexer/model/documents.ts';
import { fill, h } from './dom.ts';
import { renderNotes } from './notes.ts';
import { timeElement } from './times.ts';

/*
 * Release notes: of the version that is shown, and of the earlier ones when somebody opens them. Their parser is loaded only
 * where there are any.
 */

export function notesSection(entries: readonly NotesEntry[], shown: string): HTMLElement {
  const place = h('section', {}, h('h2', {}, 'Release notes'));
  const own = entries.find(({ version }) => version === shown);
  const others = entries.filter(({ version }) => version !== shown);
  place.hidden = entries.length === 0;
  place.append(own === undefined ? h('p', { class: 'soft' }, `Version ${shown} has none.`) : notesOf(own));
  if (others.length > 0) place.append(h('div', { class: 'earlier' }, ...others.map(folded)));
  return place;
}

function folded(entry: NotesEntry): HTMLElement {
  const summary = h('summary', {}, h('span', { class: 'version' }, entry.version), timeElement(entry.published_at));
  const details = h('details', {}, summary);
  details.addEventListener('toggle', () => details.append(notesOf(entry)), { once: true });
  return details;
}

function notesOf({ notes }: NotesEntry): HTMLElement {
  const place = h('div', { class: 'notes', 'aria-busy': 'true' });
  void fillNotes(place, notes);
  return place;
}

async function fillNotes(place: HTMLElement, notes: string): Promise<void> {
  try {
    const { parseMarkdown } = await import('./markdown.ts');
    fill(place, ...renderNotes(parseMarkdown(notes)));
  } catch {
    // Without the parser, or where it gives up, the text is better than nothing.
    fill(place, h('pre', { tabindex: 0 }, notes));
  }
  place.removeAttribute('aria-busy');
}
