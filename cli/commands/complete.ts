import { listInstalled } from '../project/installed.ts';
import { MAX_LISTED } from '../../indexer/site/layout.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { completionsOf, type Wanted } from '../completions.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';

/** Hidden: what the scripts of `completion` ask at each key, so it asks no network and complains of nothing. */
export const run: RunCommand = async (context, { operands }) => {
  const found = completionsOf(operands);
  const words = 'words' in found ? found.words : await wordsFor(context, found.wanted, operands.at(-1) ?? '');
  for (const each of words) context.out(`${oneLine(each)}\n`);
  return EXIT.done;
};

async function wordsFor(context: CommandContext, wanted: Wanted, word: string): Promise<string[]> {
  if (wanted === 'files' || wanted === 'folders') return ['<files>'];
  const all = await namesOf(context, wanted, word);
  return [...new Set(all)].filter((each) => each.startsWith(word)).sort();
}

async function namesOf(
  context: CommandContext,
  wanted: 'extensions' | 'installed' | 'types' | 'sources',
  word: string,
): Promise<string[]> {
  if (wanted === 'installed') {
    const { root } = await context.settings();
    return (await listInstalled(root)).map(({ id }) => id);
  }
  const registry = await context.registry();
  if (wanted === 'sources') return (await registry.state()).sources.map(({ name }) => name);
  const { counts } = await registry.state();
  if (wanted === 'types') return Object.keys(counts.byType);
  // Of a large registry the list takes longer to read than anybody waits for a key.
  if (counts.extensions > MAX_LISTED)
    return (await registry.search({ text: word, limit: 100 })).found.map(({ id }) => id);
  return [...(await registry.overview()).ids];
}
