import type { VersionEntry } from '../../indexer/model/documents.ts';
import { textFlag, isSet, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import type { Overview } from '../registry/registry.ts';
import { renderTable } from '../table.ts';
import { timeAgo } from '../times.ts';

export const run: RunCommand = async (context, args) => {
  const registry = await context.registry();
  const isWanted = filterOf(args);
  if (isSet(args, 'all-versions')) return listVersions(context, (await registry.overview()).filter(isWanted));
  if (context.json) {
    context.print(
      (await registry.list()).filter(({ sources, source, ...item }) =>
        isWanted({ ...item, sources: sources ?? [source] }),
      ),
    );
    return EXIT.done;
  }
  const found = (await registry.overview()).filter(isWanted);
  context.out(found.length === 0 ? nothing(args) : renderOverview(found, context));
  return EXIT.done;
};

type Filter = (of: { type: string; sources: readonly string[]; tags?: readonly string[] }) => boolean;

function filterOf(args: ParsedArgs): Filter {
  const [wantedType, source, tag] = ['type', 'source', 'tag'].map((each) => textFlag(args, each));
  return ({ type, sources, tags = [] }) =>
    (wantedType === undefined || type === wantedType) &&
    (source === undefined || sources.includes(source)) &&
    (tag === undefined || tags.includes(tag));
}

function nothing({ flags }: ParsedArgs): string {
  const filtered = ['type', 'source', 'tag'].some((each) => flags[each] !== undefined);
  return filtered ? 'No extension is so; extension list shows all.\n' : 'The registry has no extensions.\n';
}

function renderOverview(found: readonly Overview[], { terminal }: CommandContext): string {
  const rows = found.map((each) => [each.id, oneLine(each.version) + marksOf(each), oneLine(each.description)]);
  const columns = [{ title: 'EXTENSION' }, { title: 'VERSION' }, { title: 'DESCRIPTION', flexible: true }] as const;
  return renderTable(columns, rows, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

/** " (yanked)" and the like; nothing for the usual version. */
export function marksOf(of: { prerelease?: boolean; yanked?: unknown; deprecated?: unknown }): string {
  if (!of.prerelease && !of.yanked && !of.deprecated) return '';
  const marks = [of.prerelease && 'prerelease', of.yanked && 'yanked', of.deprecated && 'deprecated'];
  return ` (${marks.filter((each) => typeof each === 'string').join(', ')})`;
}

/** Each extension's versions are a document of their own: so many are fetched at once. */
const AT_ONCE = 8;

async function listVersions(context: CommandContext, all: readonly Overview[]): Promise<number> {
  const registry = await context.registry();
  const found: { id: string; entries: readonly VersionEntry[] }[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map(async ({ id }) => ({ id, entries: await registry.versions(id) })))));
  }
  const versions = found.flatMap(({ id, entries }) => entries.map((entry) => ({ id, entry })));
  if (context.json) context.print(versions.map(({ id, entry }) => ({ extension: id, ...entry })));
  else {
    const { terminal, now } = context;
    const rows = versions.map(({ id, entry }) => [
      id,
      entry.version + marksOf(entry),
      oneLine(timeAgo(entry.published_at, now())),
    ]);
    const bold = (text: string): string => terminal.style('bold', text);
    const columns = [{ title: 'EXTENSION' }, { title: 'VERSION' }, { title: 'PUBLISHED', optional: true }] as const;
    context.out(renderTable(columns, rows, { columns: terminal.columns, bold }));
  }
  return EXIT.done;
}
