import type { SearchDocument } from '../../indexer/model/documents.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import { oneLine } from '../foreign-text.ts';
import type { Overview, OverviewFilter } from './registry.ts';

/*
 * The overview as it is kept: lines of text, a block for each column. Ten thousand extensions are read from it in a third
 * of the time that their JSON and its checks take, and each `list` and each key of a completion waits for that. It is
 * made of a checked document only. PURE.
 *
 *   a block with how many extensions there are
 *   five blocks with a line for each extension: id, version, description, sources, tags
 *   two blocks of rows: those that are deprecated, those that are yanked
 */

/** Form feed and tab: in no text that was made one line. */
const BLOCK = '\f';
const LIST = '\t';

/** @param document checked */
export function renderOverview(document: SearchDocument): string {
  const { type, name, version, description, source, tags, deprecated, yanked } = document;
  const lists = [source, tags].map((column) => column.map((each) => each.map(oneLine).join(LIST)));
  const columns = [
    // An empty block may be of no line, or of an empty one.
    [type.length],
    type.map((each, row) => `${each}/${name[row] ?? ''}`),
    version.map(oneLine),
    description.map(oneLine),
    ...lists,
    deprecated,
    yanked,
  ];
  return columns.map((each) => each.join('\n')).join(BLOCK);
}

/** @param text as it was rendered */
export function parseOverview(text: string, filter: OverviewFilter = {}): Overview {
  const [count, ids = '', versions = '', descriptions = '', sources = '', tags = '', ...marks] = text.split(BLOCK);
  const linesOf = (block: string): string[] => (count === '0' ? [] : block.split('\n'));
  const [deprecated, yanked] = marks.map((block) => new Set(block === '' ? [] : block.split('\n').map(Number)));
  const all: Overview = {
    ids: linesOf(ids) as ExtensionId[],
    versions: linesOf(versions) as Version[],
    descriptions: linesOf(descriptions),
    deprecated: deprecated ?? new Set(),
    yanked: yanked ?? new Set(),
  };
  const wanted = rowsOf(all.ids, filter, { sources, tags });
  return wanted === undefined ? all : pick(all, wanted);
}

/** Undefined for all of them. */
function rowsOf(
  ids: readonly ExtensionId[],
  { type, source, tag }: OverviewFilter,
  columns: { sources: string; tags: string },
): number[] | undefined {
  if (type === undefined && source === undefined && tag === undefined) return undefined;
  const sources = source === undefined ? [] : columns.sources.split('\n');
  const tags = tag === undefined ? [] : columns.tags.split('\n');
  // An empty list is kept as an empty text, which is no value of it.
  const has = (list = '', value: string): boolean => value !== '' && list.split(LIST).includes(value);
  return [...ids.keys()].filter(
    (row) =>
      (type === undefined || ids[row]?.startsWith(`${type}/`) === true) &&
      (source === undefined || has(sources[row], source)) &&
      (tag === undefined || has(tags[row], tag)),
  );
}

function pick(all: Overview, rows: readonly number[]): Overview {
  const of = <T>(column: readonly T[]): T[] => rows.map((row) => column[row] as T);
  const places = (marked: ReadonlySet<number>): ReadonlySet<number> =>
    new Set(rows.flatMap((row, at) => (marked.has(row) ? [at] : [])));
  return {
    ids: of(all.ids),
    versions: of(all.versions),
    descriptions: of(all.descriptions),
    deprecated: places(all.deprecated),
    yanked: places(all.yanked),
  };
}
