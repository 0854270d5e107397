import { typeOf } from '../../indexer/model/extension.ts';
import { listInstalled } from '../project/installed.ts';
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
  const all = await namesOf(context, wanted);
  return [...new Set(all)].filter((each) => each.startsWith(word)).sort();
}

async function namesOf(
  context: CommandContext,
  wanted: 'extensions' | 'installed' | 'types' | 'sources',
): Promise<string[]> {
  if (wanted === 'installed') {
    const { root } = await context.settings();
    return (await listInstalled(root)).map(({ id }) => id);
  }
  const registry = await context.registry();
  if (wanted === 'sources') return (await registry.state()).sources.map(({ name }) => name);
  const { ids } = await registry.overview();
  return wanted === 'types' ? ids.map(typeOf) : [...ids];
}
