/*
 * How text becomes words, for the catalogue and for queries alike. No import: a browser runs this file as it is.
 */

/** One word between spaces, and its parts where separators or camel case divide it: `cert-manager`, `certManager`. */
export interface Word {
  /** The word without its separators: `certmanager`. */
  joined: string;
  parts: string[];
}

/** Words of more parts are no names: only the parts themselves are kept, so that the work stays linear. */
const MAX_JOINED_PARTS = 8;
/** Marks that NFKD sets apart from Latin, Greek and Cyrillic letters; other scripts need theirs to be read. */
const ACCENTS = /[\u0300-\u036f]/g;
const SPACED = /[\p{L}\p{N}\p{M}._-]+/gu;
const CAMEL = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const SEPARATORS = /[._-]+/;

/** Lower case without accents (Unicode normalization forms NFKD, then NFC, UAX 15). */
export function foldCase(text: string): string {
  return foldAccents(text).toLowerCase();
}

/** The words of a text in their order. */
export function splitWords(text: string): Word[] {
  return (foldAccents(text).match(SPACED) ?? []).map(wordOf).filter(({ joined }) => joined !== '');
}

/** Every form under which a word of the catalogue is found: its parts, and what follows from each part on, joined. */
export function formsOf({ parts }: Word): string[] {
  if (parts.length > MAX_JOINED_PARTS) return parts;
  return parts.flatMap((part, from) => [part, parts.slice(from).join('')]);
}

/** Whether the optimal string alignment distance is exactly 1: a letter more, less or another, or two neighbours swapped. */
export function isOneTypo(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  if (a.length > b.length) return a.slice(same + 1) === b.slice(same);
  if (a.length < b.length) return a.slice(same) === b.slice(same + 1);
  if (a.slice(same + 1) === b.slice(same + 1)) return true;
  return a[same] === b[same + 1] && a[same + 1] === b[same] && a.slice(same + 2) === b.slice(same + 2);
}

function foldAccents(text: string): string {
  return text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC');
}

function wordOf(spaced: string): Word {
  const parts = spaced
    .split(SEPARATORS)
    .flatMap((piece) => piece.split(CAMEL))
    .map((part) => part.toLowerCase())
    .filter((part) => part !== '');
  return { joined: parts.join(''), parts };
}
