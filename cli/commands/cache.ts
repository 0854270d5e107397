import { RegistryError } from '../../indexer/model/errors.ts';
import { textFlag, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import { cleanCache, listCache } from '../registry/download-cache.ts';
import { renderTable, type Column } from '../table.ts';
import { countOf, formatSize, parseAge, timeAgo } from '../times.ts';

export const run: RunCommand = async (context, args) => {
  const [what = 'list'] = args.operands;
  if (what === 'list') return list(context);
  if (what === 'clean') return clean(context, args);
  throw new RegistryError('usage', `cache has no ${JSON.stringify(what)}; use list or clean.`);
};

async function list(context: CommandContext): Promise<number> {
  const { cacheFolder } = await context.settings();
  const files = await listCache(cacheFolder);
  if (context.json) {
    context.print(files.map(({ usedMs, ...file }) => ({ ...file, used_at: new Date(usedMs).toISOString() })));
    return EXIT.done;
  }
  if (files.length === 0) context.say(`${cacheFolder} holds no assets.`);
  else {
    const { terminal, now } = context;
    const used = files.map(({ usedMs }) => timeAgo(new Date(usedMs).toISOString(), now()));
    const columns: Column[] = [
      // What it was downloaded as stands beside the file, and is not checked.
      { title: 'ASSET', cells: files.map(({ name = 'unknown' }) => oneLine(name)) },
      { title: 'SIZE', cells: files.map(({ size }) => formatSize(size)), align: 'right' },
      { title: 'USED', cells: used, optional: true },
      { title: 'DIGEST', cells: files.map(({ digest }) => digest), flexible: true },
    ];
    context.out(renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('bold', text) }));
  }
  return EXIT.done;
}

async function clean(context: CommandContext, args: ParsedArgs): Promise<number> {
  const { cacheFolder } = await context.settings();
  const text = textFlag(args, 'older-than');
  const ageMs = text === undefined ? 0 : parseAge(text);
  if (ageMs === undefined) throw new RegistryError('usage', `--older-than ${text} is no age; use 30d, 12h or 2w.`);
  const removed = await cleanCache(cacheFolder, context.now() - ageMs);
  if (context.json) context.print(removed);
  else context.say(`Removed ${countOf(removed.files, 'asset')}, ${formatSize(removed.bytes)}.`);
  return EXIT.done;
}
