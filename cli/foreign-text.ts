import { stripVTControlCharacters } from 'node:util';
import { clipLine } from '../indexer/model/text.ts';

/** More than any text that a registry publishes in one line. */
const MAX_CHARACTERS = 4_000;
const HARMLESS = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/**
 * A stranger's text as it may stand in a line of ours: without escape sequences, which move the cursor or set a title,
 * and without control and bidirectional characters, which make a text read otherwise than it is; white space folded.
 */
export function oneLine(text: string): string {
  if (text.length <= MAX_CHARACTERS && HARMLESS.test(text)) return text;
  return clipLine(stripVTControlCharacters(text), MAX_CHARACTERS).text;
}
