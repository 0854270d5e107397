import type { VersionEntry } from '../../indexer/model/documents.ts';
import { isSet, type CommandContext, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { listInUse } from '../project/baseline.ts';
import type { Update } from '../registry/registry.ts';
import { renderTable, type Column } from '../table.ts';
import { timeAgo } from '../times.ts';

export const run: RunCommand = async (context, args) => {
  const inUse = await listInUse(await context.settings());
  const registry = await context.registry();
  const of = inUse.map(({ id, version, wanted: { range } }) => ({ id, version, range }));
  const updates = await registry.updates(of);
  if (context.json) context.print(updates.map((each) => toJson(each, of.find(({ id }) => id === each.id)?.range)));
  else if (inUse.length === 0) context.say('Nothing is installed.');
  else if (updates.length === 0)
    context.say(inUse.length === 1 ? 'It is the newest.' : `All ${inUse.length} are the newest.`);
  else context.out(renderUpdates(updates, context));
  return updates.length > 0 && isSet(args, 'exit-code') ? EXIT.outdated : EXIT.done;
};

function toJson({ id, current, within, beyond }: Update, range: string | undefined) {
  const newer = (entry: VersionEntry | undefined) =>
    entry === undefined ? null : { version: entry.version, published_at: entry.published_at };
  return { extension: id, current, range: range ?? null, within: newer(within), beyond: newer(beyond) };
}

function renderUpdates(updates: readonly Update[], { terminal, now }: CommandContext): string {
  const newest = updates.map(({ within, beyond }) => beyond ?? within);
  const ages = newest.map((each) => (each === undefined ? '' : timeAgo(each.published_at, now())));
  const columns: Column[] = [
    { title: 'EXTENSION', cells: updates.map(({ id }) => id) },
    { title: 'CURRENT', cells: updates.map(({ current }) => current) },
    { title: 'IN RANGE', cells: updates.map(({ within }) => within?.version ?? '-') },
    { title: 'NEWEST', cells: newest.map((each) => each?.version ?? '-') },
    { title: 'PUBLISHED', cells: ages, optional: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}
