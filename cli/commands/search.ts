import { RegistryError } from '../../indexer/model/errors.ts';
import { nameOf } from '../../indexer/model/extension.ts';
import { suggest } from '../../indexer/model/suggest.ts';
import { MAX_LISTED } from '../../indexer/site/layout.ts';
import { parseSearchText } from '../../indexer/site/search/query.ts';
import { textFlag, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import type { Found, Registry } from '../registry/registry.ts';
import { renderTable, type Column } from '../table.ts';

const DEFAULT_LIMIT = 20;

export const run: RunCommand = async (context, args) => {
  const registry = await context.registry();
  const text = args.operands.join(' ');
  const type = textFlag(args, 'type');
  const limit = limitOf(args);
  const query = { ...parseSearchText(text), ...(type !== undefined && { type }) };
  const { found, total, complete } = await registry.search({ ...query, limit });
  if (context.json) context.print(found);
  if (found.length === 0) {
    const near = (await nearNames(registry, args.operands)).slice(0, 5);
    const hint = near.length === 0 ? 'try fewer or other words.' : `did you mean ${near.join(', ')}?`;
    throw new RegistryError('not_found', `Nothing is found for ${JSON.stringify(text)}; ${hint}`);
  }
  if (context.json) return EXIT.done;
  const words = [...query.text.split(/\s+/), ...(query.phrases ?? [])];
  context.out(renderFound(found, words, context));
  if (!complete) context.note(`There may be more: the filters were tried on the best ${total} only; add a word.`);
  else if (total > found.length) context.note(`${total - found.length} more; raise --limit, or add a word.`);
  return EXIT.done;
};

/** Names that are near to one of the words. Of a large registry search knows more words than a list would be worth. */
async function nearNames(registry: Registry, words: readonly string[]): Promise<string[]> {
  if ((await registry.state()).counts.extensions > MAX_LISTED) return [];
  const names = (await registry.overview()).ids.map(nameOf);
  return [...new Set(words.flatMap((word) => suggest(word, names)))];
}

function limitOf(args: ParsedArgs): number {
  const text = textFlag(args, 'limit') ?? String(DEFAULT_LIMIT);
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new RegistryError('usage', `--limit ${text} is no number of results; use 1 or more.`);
  }
  return limit;
}

function renderFound(found: readonly Found[], words: readonly string[], { terminal }: CommandContext): string {
  const marked = (text: string): string => mark(oneLine(text), words, (each) => terminal.style('bold', each));
  const versions = found.map(({ version, deprecated }) => oneLine(version) + (deprecated ? ' (deprecated)' : ''));
  const columns: Column[] = [
    { title: 'EXTENSION', cells: found.map(({ id }) => marked(id)) },
    { title: 'VERSION', cells: versions },
    { title: 'DESCRIPTION', cells: found.map(({ description }) => marked(description)), flexible: true },
  ];
  return renderTable(columns, { columns: terminal.columns, bold: (text) => terminal.style('dim', text) });
}

/** Marks each place where one of the words begins, without regard to case. */
export function mark(text: string, words: readonly string[], style: (text: string) => string): string {
  const parts = words.filter((each) => each !== '').map((each) => each.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return parts.length === 0 ? text : text.replaceAll(new RegExp(parts.join('|'), 'gi'), (each) => style(each));
}
