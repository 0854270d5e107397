import type { VersionEntry } from '../../indexer/model/documents.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import { renderTable, type Column } from '../table.ts';
import { formatSize, timeAgo } from '../times.ts';
import { marksOf } from './list.ts';

export const run: RunCommand = async (context, { operands: [name = ''] }) => {
  const registry = await context.registry();
  const entries = await registry.versions(await registry.identify(name));
  if (context.json) context.print(entries);
  else context.out(renderVersions(entries, context));
  return EXIT.done;
};

function renderVersions(entries: readonly VersionEntry[], { terminal, now }: CommandContext): string {
  const sizes = entries.map(({ size }) => (size === undefined ? '' : formatSize(size)));
  const columns: Column[] = [
    { title: 'VERSION', cells: entries.map(({ version }) => version) },
    { title: 'PUBLISHED', cells: entries.map((each) => oneLine(timeAgo(each.published_at, now()))), optional: true },
    { title: 'SIZE', cells: sizes, align: 'right', optional: true },
    { title: 'NOTE', cells: entries.map(noteOf), flexible: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) });
}

function noteOf(entry: VersionEntry): string {
  const marks = marksOf(entry).replace(/^ \((.*)\)$/, '$1');
  const why = entry.yanked?.reason ?? entry.deprecated?.message;
  return oneLine([marks, why].filter((each) => each !== undefined && each !== '').join(': '));
}
