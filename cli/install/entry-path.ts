import { RegistryError } from '../../indexer/model/errors.ts';
import { clipLine } from '../../indexer/model/text.ts';

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;
const MAX_DEPTH = 64;
/** Nor the character that stands for bytes that were no UTF-8: two such names would be one. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\uFEFF\uFFFD]/u;
/** A separator, a drive or a second stream of a file on Windows. */
const SEPARATOR = /[\\:]/;
/** What Windows takes for a device, whatever its ending. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?: *\.|$)/i;

/**
 * The path of an archive's entry below the folder that it is unpacked to; empty for that folder itself. What means
 * something else on another system is refused on every system.
 * @throws RegistryError `bad_answer`
 */
export function parseEntryPath(name: string): readonly string[] {
  if (name.startsWith('/') || /^[a-z]:/i.test(name)) throw refusedEntry(name, 'has an absolute path');
  const segments = name.split('/').filter((each) => each !== '' && each !== '.');
  if (segments.includes('..')) throw refusedEntry(name, 'leads out of its folder');
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) throw refusedEntry(name, `has more than ${MAX_PATH_BYTES} bytes`);
  if (segments.length > MAX_DEPTH) throw refusedEntry(name, `is more than ${MAX_DEPTH} folders deep`);
  for (const segment of segments) {
    const fault = faultOf(segment);
    if (fault !== undefined) throw refusedEntry(name, fault);
  }
  return segments;
}

/** @param why a verb and what follows it */
export function refusedEntry(name: string, why: string): RegistryError {
  return new RegistryError('bad_answer', `Its entry ${printable(name)} ${why}.`);
}

/** A stranger's text in a message: one line, nothing that steers a terminal. */
export function printable(text: string): string {
  return JSON.stringify(clipLine(text, 200).text);
}

function faultOf(segment: string): string | undefined {
  if (UNPRINTABLE.test(segment) || !segment.isWellFormed()) return 'has control characters in its name, or no text';
  if (SEPARATOR.test(segment)) return 'has a \\ or : in its name';
  if (/[. ]$/.test(segment)) return 'has a name that ends in a dot or a space';
  if (DEVICE.test(segment)) return 'has the name of a device on Windows';
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `has a name of more than ${MAX_SEGMENT_BYTES} bytes`;
  return undefined;
}
