import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

/** Bytes of these exports and all that they need, minified and compressed, each module once. */
async function sizeOf(...sources: string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: sources.map((each) => `export ${each};`).join('\n'), resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
  process.stdout.write(`${sources.join(', ')}: ${bytes} bytes\n`);
  return bytes;
}

const ROOM = '../../../indexer/site/search';
const ENGINE = [
  `{ buildWordIndex } from '${ROOM}/word-index.ts'`,
  `{ readText } from '${ROOM}/readings.ts'`,
  `{ firstOf, rank } from '${ROOM}/rank.ts'`,
];
const LANGUAGE = `{ parseSearchText, createFilter } from '${ROOM}/query.ts'`;

describe('what a browser loads', () => {
  test('is an engine of 4 KB: words, index, readings, ranking', async () => {
    expect(await sizeOf(...ENGINE)).toBeLessThanOrEqual(4_096);
  });

  test.each([
    ['over a list', `{ createListSearch } from '${ROOM}/list.ts'`, 4_600],
    ['over shards', `{ createShardSearch } from '${ROOM}/shard-search.ts'`, 5_300],
    ['over whatever there is', `{ openSearch } from '${ROOM}/open-search.ts'`, 6_600],
  ])('is not much more %s, with filters and phrases', async (_, entry, most) => {
    expect(await sizeOf(entry, LANGUAGE)).toBeLessThanOrEqual(most);
  });
});
