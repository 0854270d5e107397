import type { Pointer } from '../../indexer/model/documents.ts';
import { fill, find, foreign, h } from './dom.ts';
import { icon } from './icons.ts';
import { duration, timeElement } from './times.ts';

/*
 * What everybody should know before they believe what a page shows: that the index is old, that a source could not be
 * read, that a rollback holds it, that there is no network.
 */

/** As `[indexer] max_age_seconds` is by default. */
export const STALE_AFTER_MS = 86_400_000;

export function isStale(pointer: Pick<Pointer, 'checked_at'>, nowMs: number): boolean {
  return nowMs - Date.parse(pointer.checked_at) > STALE_AFTER_MS;
}

/** @param pointer undefined while none could be read */
export function showNotices(pointer: Pointer | undefined): void {
  const place = find('#notices');
  const show = (): void => {
    const offline = navigator.onLine ? [] : [['You are offline. What you see was loaded earlier.']];
    const notices = [...offline, ...(pointer === undefined ? [] : noticesOf(pointer, Date.now()))];
    fill(place, ...notices.map((parts) => h('p', { class: 'notice' }, icon('alert'), h('span', {}, ...parts))));
  };
  show();
  for (const event of ['online', 'offline']) addEventListener(event, show);
}

function noticesOf(pointer: Pointer, nowMs: number): (Node | string)[][] {
  const notices: (Node | string)[][] = [];
  if (isStale(pointer, nowMs)) {
    const age = duration(nowMs - Date.parse(pointer.checked_at));
    notices.push([`The index was last checked ${age} ago: newer releases are missing. `, more('Why?')]);
  }
  if (pointer.held !== undefined) {
    const since = timeElement(pointer.held.since, nowMs);
    notices.push([`The index was rolled back to generation ${pointer.held.generation} `, since, ' and is held there.']);
  }
  for (const { name, carried_since: since } of pointer.sources) {
    if (since === undefined) continue;
    notices.push([
      foreign(name),
      ' could not be read; what it gave before ',
      timeElement(since, nowMs),
      ' is shown. ',
      more('Status'),
    ]);
  }
  return notices;
}

function more(text: string): Node {
  return h('a', { href: 'status.html' }, text);
}
