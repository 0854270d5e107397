import { styleText } from 'node:util';
import type { Terminal } from './command.ts';

/** What is used of a stream of the process. */
export interface OutputStream {
  isTTY?: boolean;
  columns?: number;
  hasColors?: () => boolean;
}

/** Of a terminal that does not say. */
const USUAL_COLUMNS = 80;
/** Narrower ones are taken for this wide: a table of nothing helps nobody. */
const MIN_COLUMNS = 20;

/** @param env of the process: NO_COLOR (no-color.org) and FORCE_COLOR decide, else whether the stream is a terminal */
export function createTerminal(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isInteractive = stream.isTTY === true;
  const hasColour = wantsColour(stream, env);
  return {
    get columns() {
      // What is read by a program, or kept in a file, is not cut.
      return isInteractive ? Math.max(MIN_COLUMNS, stream.columns ?? USUAL_COLUMNS) : Infinity;
    },
    isInteractive,
    style: (format, text) => (hasColour ? styleText(format, text, { validateStream: false }) : text),
  };
}

function wantsColour(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb' && stream.hasColors?.() !== false;
}
