import type { Item, VersionEntry } from '../../indexer/model/documents.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { textFlag, isSet, type CommandContext, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import type { Overview, OverviewFilter } from '../registry/registry.ts';
import { renderTable, type Column } from '../table.ts';
import { timeAgo } from '../times.ts';

export const run: RunCommand = async (context, args) => {
  const registry = await context.registry();
  const [type, source, tag] = ['type', 'source', 'tag'].map((each) => textFlag(args, each));
  const filter: OverviewFilter = { type, source, tag };
  if (isSet(args, 'all-versions')) return listVersions(context, (await registry.overview(filter)).ids);
  if (context.json) {
    context.print((await registry.list()).filter((each) => isWanted(each, filter)));
    return EXIT.done;
  }
  const found = await registry.overview(filter);
  if (found.ids.length === 0) context.say(nothing(filter));
  else context.out(renderOverview(found, context));
  return EXIT.done;
};

/** What the overview is filtered by, of a published item. */
function isWanted({ type, source, sources = [source], tags = [] }: Item, wanted: OverviewFilter): boolean {
  return (
    (wanted.type === undefined || type === wanted.type) &&
    (wanted.source === undefined || sources.includes(wanted.source)) &&
    (wanted.tag === undefined || tags.includes(wanted.tag))
  );
}

function nothing(filter: OverviewFilter): string {
  return Object.values(filter).some((each) => each !== undefined)
    ? 'No extension is so; extension list shows all.'
    : 'The registry has no extensions.';
}

function renderOverview(found: Overview, { terminal }: CommandContext): string {
  const { ids, versions, descriptions, deprecated, yanked } = found;
  const marks = (row: number): string => marksOf({ deprecated: deprecated.has(row), yanked: yanked.has(row) });
  const columns: Column[] = [
    { title: 'EXTENSION', cells: ids },
    { title: 'VERSION', cells: versions.map((version, row) => version + marks(row)) },
    { title: 'DESCRIPTION', cells: descriptions, flexible: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

/** " (yanked)" and the like; nothing for the usual version. */
export function marksOf(of: { prerelease?: boolean; yanked?: unknown; deprecated?: unknown }): string {
  if (!of.prerelease && !of.yanked && !of.deprecated) return '';
  const marks = [of.prerelease && 'prerelease', of.yanked && 'yanked', of.deprecated && 'deprecated'];
  return ` (${marks.filter((each) => typeof each === 'string').join(', ')})`;
}

/** Each extension's versions are a document of their own: so many are fetched at once. */
const AT_ONCE = 8;

async function listVersions(context: CommandContext, all: readonly ExtensionId[]): Promise<number> {
  const registry = await context.registry();
  const found: { id: string; entries: readonly VersionEntry[] }[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map(async (id) => ({ id, entries: await registry.versions(id) })))));
  }
  const versions = found.flatMap(({ id, entries }) => entries.map((entry) => ({ id, entry })));
  if (context.json) context.print(versions.map(({ id, entry }) => ({ extension: id, ...entry })));
  else {
    const { terminal, now } = context;
    const entries = versions.map(({ entry }) => entry);
    const columns: Column[] = [
      { title: 'EXTENSION', cells: versions.map(({ id }) => id) },
      { title: 'VERSION', cells: entries.map((each) => each.version + marksOf(each)) },
      { title: 'PUBLISHED', cells: entries.map((each) => oneLine(timeAgo(each.published_at, now()))), optional: true },
    ];
    context.out(renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) }));
  }
  return EXIT.done;
}
