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
  test('is an engine of 3.3 KB: words, index, readings, ranking', async () => {
    expect(await sizeOf(...ENGINE)).toBeLessThanOrEqual(3_300);
  });

  test.each([
    ['over a list', `{ createListSearch } from '${ROOM}/list.ts'`, 4_096],
    ['over shards', `{ createShardSearch } from '${ROOM}/shard-search.ts'`, 5_100],
    ['over whatever there is', `{ openSearch } from '${ROOM}/open-search.ts'`, 6_200],
  ])('is no more than its bound %s, with filters, phrases and the query language', async (_, entry, most) => {
    expect(await sizeOf(entry, LANGUAGE)).toBeLessThanOrEqual(most);
  });
});
