import type { Pointer } from '../../indexer/model/documents.ts';
import { fill, find, foreign, h, keepFocus } from './dom.ts';
import { ALERT, icon } from './icons.ts';
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

/** @returns what tells of a pointer; of none while it could not be read */
export function startNotices(): { show: (pointer: Pointer | undefined) => void } {
  const place = find('#notices');
  let known: Pointer | undefined;
  const render = (): void => {
    const offline = navigator.onLine ? [] : [['You are offline. What you see was loaded earlier.']];
    const notices = [...offline, ...(known === undefined ? [] : noticesOf(known, Date.now()))];
    const nodes = notices.map((parts) => h('p', { class: 'notice' }, icon(ALERT), h('span', {}, ...parts)));
    keepFocus(() => fill(place, ...nodes));
  };
  for (const event of ['online', 'offline']) addEventListener(event, render);
  return {
    show: (pointer) => {
      known = pointer;
      render();
    },
  };
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
      ' could not be read; what it gave until ',
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
