import { renderListState, type ListState } from './list-state.ts';

/*
 * The addresses of the pages, relative to each other. `/` and `@` are written as they are: a query may hold them (RFC
 * 3986, section 3.4), and people read and type these addresses.
 */

/** @param id `type/name` */
export function extensionAddress(id: string, version?: string): string {
  return `extension.html?id=${plain(version === undefined ? id : `${id}@${version}`)}`;
}

export function listAddress(state: Partial<ListState>): string {
  return `index.html${renderListState(state)}`;
}

function plain(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%40', '@');
}
