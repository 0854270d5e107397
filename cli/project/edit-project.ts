import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { parseProject, PROJECT_FILE } from './project-file.ts';
import type { Wanted } from './wanted.ts';

/** Extension -> what is wanted of it from now on, or undefined for nothing. */
export type WantedChanges = ReadonlyMap<ExtensionId, Wanted | undefined>;

const HEADER = /^\s*\[\s*extensions\s*\]\s*(?:#.*)?$/;
const ANY_HEADER = /^\s*\[/;
/** A string or a table on one line, and what follows it. */
const VALUE = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\{(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#{}])*\})(?<rest>\s*(?:#.*)?)$/;

/**
 * The text of an `extensions.toml` with the lines of some extensions changed, and no other: what people wrote between
 * them stays.
 * @param text empty for a file that is not there yet
 * @throws RegistryError `config` where a line is written in a way that this does not know
 */
export function editProject(text: string, changes: WantedChanges): string {
  const before = parseProject(text);
  const wanted = new Map(before.wanted);
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  let lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  for (const [id, change] of changes) {
    if (change === undefined) wanted.delete(id);
    else wanted.set(id, change);
    lines = change === undefined ? withoutLine(lines, id) : withLine(lines, id, change);
  }
  const edited = lines.map((each) => each + lineEnd).join('');
  if (isSame(edited, { ...before, wanted })) return edited;
  const [id = '', change] = [...changes][0] ?? [];
  throw new RegistryError(
    'config',
    `${PROJECT_FILE} is written in a way that cannot be changed by a program; ` +
      (change === undefined
        ? `take ${id} out of [extensions] yourself.`
        : `write this into [extensions] yourself: ${renderLine(id, change)}`),
  );
}

/** A line-wise change may meet what only looks like a line of the table: the result is read to be sure. */
function isSame(text: string, expected: ReturnType<typeof parseProject>): boolean {
  const plain = ({ wanted, ...rest }: ReturnType<typeof parseProject>): string =>
    JSON.stringify([rest, [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))]);
  try {
    return plain(parseProject(text)) === plain(expected);
  } catch {
    return false;
  }
}

function withLine(lines: readonly string[], id: ExtensionId, wanted: Wanted): string[] {
  const at = lineOf(lines, id);
  if (at !== undefined) {
    const { indent, rest } = partsOf(lines[at] ?? '');
    return lines.with(at, indent + renderLine(id, wanted) + rest);
  }
  const section = sectionOf(lines);
  if (section === undefined) {
    return [...lines, ...(lines.length > 0 ? [''] : []), '[extensions]', renderLine(id, wanted)];
  }
  // After the last entry, and before the comments and blank lines that lead to the next table.
  const entries = lines.slice(section.start, section.end).findLastIndex((each) => !/^\s*(?:#.*)?$/.test(each));
  return lines.toSpliced(section.start + entries + 1, 0, renderLine(id, wanted));
}

function withoutLine(lines: readonly string[], id: ExtensionId): string[] {
  const at = lineOf(lines, id);
  return at === undefined ? [...lines] : lines.toSpliced(at, 1);
}

/** From the line after `[extensions]` to the next table. */
function sectionOf(lines: readonly string[]): { start: number; end: number } | undefined {
  const header = lines.findIndex((each) => HEADER.test(each));
  if (header < 0) return undefined;
  const next = lines.findIndex((each, at) => at > header && ANY_HEADER.test(each));
  return { start: header + 1, end: next < 0 ? lines.length : next };
}

function lineOf(lines: readonly string[], id: ExtensionId): number | undefined {
  const section = sectionOf(lines);
  if (section === undefined) return undefined;
  const at = lines.findIndex(
    (each, index) => index >= section.start && index < section.end && keyOf(each.trimStart()) === id,
  );
  return at < 0 ? undefined : at;
}

function keyOf(line: string): string | undefined {
  const [, double, single] = /^(?:"([^"\\]*)"|'([^']*)')\s*=/.exec(line) ?? [];
  return double ?? single;
}

function partsOf(line: string): { indent: string; rest: string } {
  const value = line.slice(line.indexOf('=') + 1).trimStart();
  return { indent: /^\s*/.exec(line)?.[0] ?? '', rest: VALUE.exec(value)?.groups?.['rest'] ?? '' };
}

function renderLine(id: string, { range, prereleases, asset }: Wanted): string {
  const parts = [
    `version = ${JSON.stringify(range)}`,
    ...(prereleases ? ['prereleases = true'] : []),
    ...(asset === undefined ? [] : [`asset = ${JSON.stringify(asset)}`]),
  ];
  return `${JSON.stringify(id)} = ${parts.length === 1 ? JSON.stringify(range) : `{ ${parts.join(', ')} }`}`;
}
