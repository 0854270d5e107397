import type { ExtensionDocument, VersionEntry } from '../../indexer/model/documents.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import { splitTarget } from '../target.ts';
import { formatSize, timeAgo } from '../times.ts';
import { renderFields, wrap } from '../wrap.ts';
import { marksOf } from './list.ts';

export const run: RunCommand = async (context, { operands: [text = ''] }) => {
  const registry = await context.registry();
  const { name, range } = splitTarget(text);
  const id = await registry.identify(name);
  const document = await registry.extension(id);
  // A version that is named is shown, also where nobody would be given it.
  const wanted = range ?? document.version;
  const named = (await registry.versions(id)).find((each) => each.version === wanted);
  const entry =
    named ?? (range === undefined ? undefined : (await registry.resolve({ id, range, prereleases: true })).entry);
  if (context.json) context.print({ ...document, ...(entry && { shown: entry }) });
  else context.out(renderShown(document, entry, context));
  return EXIT.done;
};

function renderShown(
  document: ExtensionDocument,
  entry: VersionEntry | undefined,
  { terminal, now }: CommandContext,
): string {
  const bold = (text: string): string => terminal.style('bold', text);
  const heading = `${bold(`${document.type}/${document.name}`)} ${entry?.version ?? document.version}${marksOf(entry ?? document)}`;
  const fields = fieldsOf(document, entry, now());
  const { columns } = terminal;
  const lines = renderFields(fields, { columns, dim: (text) => terminal.style('dim', text) });
  const warnings = [
    ...(document.deprecated ? [deprecationOf(document.deprecated)] : []),
    ...(entry?.yanked ? [`Yanked: ${entry.yanked.reason}`] : []),
    ...(document.problems ?? []).map(({ code, detail, remedy }) => `Problem ${code}: ${detail} ${remedy}`),
  ];
  return [
    heading,
    ...(document.description === '' ? [] : wrap(oneLine(document.description), columns)),
    '',
    lines,
    ...warnings.flatMap((each) => wrap(oneLine(each), columns)).map((each) => terminal.style('yellow', each)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

export function deprecationOf({ message, replacement }: { message: string; replacement?: string }): string {
  return `Deprecated: ${message}${replacement === undefined ? '' : ` Use ${replacement} instead.`}`;
}

function fieldsOf(document: ExtensionDocument, entry: VersionEntry | undefined, nowMs: number): [string, string][] {
  const primary = entry?.assets.find((each) => each.primary);
  const others = (entry?.assets ?? []).filter((each) => !each.primary).map((each) => each.name);
  const time = (text: string | undefined): string | undefined => text && `${timeAgo(text, nowMs)} (${text})`;
  const fields: [string, string | undefined][] = [
    ['latest', entry?.version === document.version ? undefined : document.version],
    [
      'versions',
      `${document.versions.length}: ${document.versions.slice(0, 5).join(', ')}${document.versions.length > 5 ? ', …' : ''}`,
    ],
    ['published', time(entry?.published_at ?? document.published_at)],
    ['first seen', time(entry?.first_seen ?? document.first_seen)],
    ['author', document.author],
    ['licence', document.license],
    ['homepage', document.homepage],
    ['repository', document.repository],
    ['sources', (entry?.sources ?? document.sources ?? [document.source]).join(', ')],
    ['tags', document.tags?.join(', ')],
    ['asset', primary && `${primary.name}, ${formatSize(primary.size)}`],
    ['digest', primary && (primary.digest ?? 'unknown: it cannot be verified')],
    ['others', others.length === 0 ? undefined : others.join(', ')],
    ['archived', document.archived && 'yes: its repository takes no changes any more'],
  ];
  return fields.flatMap(([title, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[title, oneLine(value)]],
  );
}
