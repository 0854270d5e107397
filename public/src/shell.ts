import type { Pointer } from '../../indexer/model/documents.ts';
import { fill, find, h, type Child } from './dom.ts';
import { startKeyboard, type Shortcut } from './keyboard.ts';
import { showNotices } from './notices.ts';
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

/** @returns the search box of the page's head, and the pointer as it comes */
export function startShell({ shortcuts = [], documents = {} }: ShellOptions = {}): {
  search: HTMLInputElement;
  pointer: Promise<Pointer>;
} {
  const search = find<HTMLInputElement>('#q');
  startKeyboard(search, shortcuts);
  startThemeSwitch(find('#theme'));
  const pointer = loadDocument<Pointer>('');
  void showPointer(pointer, documents);
  return { search, pointer };
}

async function showPointer(coming: Promise<Pointer>, documents: Readonly<Record<string, string>>): Promise<void> {
  // Where it does not come, the page itself says so.
  const pointer = await coming.catch(() => undefined);
  showNotices(pointer);
  showSources(documents, pointer);
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
