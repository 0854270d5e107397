import type { Pointer } from '../../indexer/model/documents.ts';
import { fill, find, h, type Child } from './dom.ts';
import { startKeyboard, type Shortcut } from './keyboard.ts';
import { startNotices } from './notices.ts';
import { addressOf, FEEDS, loadDocument } from './site.ts';
import { startThemeSwitch } from './theme-switch.ts';
import { timeElement } from './times.ts';

/*
 * What every page has: keys, colours, notices, and at its end where its data is.
 */

export interface ShellOptions {
  shortcuts?: readonly Shortcut[];
  /** Documents that the page shows, by what to call them. */
  documents?: Readonly<Record<string, string>>;
}

export interface Shell {
  /** The search box of the page's head. */
  search: HTMLInputElement;
  /** The pointer that was read last, which may be on its way. */
  pointer: () => Promise<Pointer>;
  /** Reads it anew, for who tries again; the notices are then the new one's. */
  readPointer: () => Promise<Pointer>;
}

export function startShell({ shortcuts = [], documents = {} }: ShellOptions = {}): Shell {
  const search = find<HTMLInputElement>('#q');
  startKeyboard(search, shortcuts);
  startThemeSwitch(find('#theme'));
  const notices = startNotices();
  let last: Promise<Pointer>;
  const readPointer = (): Promise<Pointer> => {
    const coming = loadDocument<Pointer>('');
    last = coming;
    const show = (pointer?: Pointer): void => {
      if (coming !== last) return;
      notices.show(pointer);
      showSources(documents, pointer);
    };
    // Where it does not come, the page itself says so.
    coming.then(show, () => show());
    return coming;
  };
  last = readPointer();
  return { search, pointer: () => last, readPointer };
}

/** Where the pointer is not there, that says more than that a document which it would name is not. */
export function causeOf(error: unknown, pointer: Promise<Pointer>): Promise<unknown> {
  return pointer.then(
    () => error,
    (fault: unknown) => fault,
  );
}

/** Every page links to its own JSON. */
export function showSources(documents: Readonly<Record<string, string>>, pointer?: Pointer): void {
  // No feed is there before the first version.
  const there = Object.entries(documents).filter(
    ([, path]) => !path.startsWith(FEEDS) || pointer?.counts.versions !== 0,
  );
  const links = there.map(([text, path]) => h('a', { href: addressOf(path) }, text));
  const made: Child[] =
    pointer === undefined
      ? []
      : [h('span', {}, `Generation ${pointer.generation}, made `, timeElement(pointer.created))];
  fill(find('#sources'), ...made, ...links);
}
