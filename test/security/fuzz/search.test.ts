import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Item } from '../../../indexer/model/documents.ts';
import { openSearch } from '../../../indexer/site/search/open-search.ts';
import {
  packDigits,
  packRising,
  packWords,
  unpackDigits,
  unpackRising,
  unpackWords,
} from '../../../indexer/site/search/packing.ts';
import { parseSearchText } from '../../../indexer/site/search/query.ts';
import { splitWords } from '../../../indexer/site/search/words.ts';
import { readCatalogue } from '../../relevance/catalogue.ts';
import { listFiles, shardFiles } from '../../site/search/shard-files.ts';
import { check, textOf } from './check.ts';

const catalogue = readCatalogue();
const list = await openSearch(listFiles(catalogue));
const shards = await openSearch(shardFiles(catalogue));

const PIECES = [
  ...'aws redis cert-manager kubernetes certmanager vualt the of store 日志 クラウド réseaux сети'.split(' '),
  ...'type: tag: source: author: provider - _ . / : aB 9 (a+)+$ [ * __proto__ constructor'.split(' '),
  ...'" \\ \0 \u001b[31m \u202e \u0301 \ud800 \uFDFA'.split(' '),
  ' ',
];
/** Words that there are, alone, as filters and within phrases. */
const known = [
  ...new Set(catalogue.flatMap(({ type, name, author, tags = [] }) => [type, name, author, ...tags, 'gitea', 'oci'])),
  ...catalogue.map(({ description }) => description.split(' ').slice(0, 3).join(' ')),
];
const word = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, textOf(PIECES, 20));
const token = fc.oneof(
  word,
  fc.tuple(fc.constantFrom('type', 'tag', 'source', 'author'), word).map(([key, value]) => `${key}:"${value}"`),
  word.map((each) => `"${each}"`),
);
const asked = fc.array(token, { maxLength: 4 }).map((each) => each.join(' '));
const texts = fc.oneof(asked, textOf(PIECES, 300), fc.string({ unit: 'grapheme', maxLength: 300 }));
const pages = fc.record({ limit: fc.integer({ min: 1, max: 50 }), offset: fc.integer({ min: 0, max: 40 }) });

describe('a search for any text', () => {
  test('answers the same over a list and over shards, best first and no row twice', () =>
    check(
      300,
      fc.asyncProperty(texts, pages, async (text, page) => {
        const request = { ...parseSearchText(text), ...page };
        const [one, other] = [await list.search(request), await shards.search(request)];
        expect(other).toEqual(one);
        const scores = one.hits.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(new Set(one.hits.map(({ id }) => id)).size).toBe(one.hits.length);
        expect(one.hits.length).toBe(Math.max(0, Math.min(page.limit, one.total - page.offset)));
      }),
    ));

  test('takes no longer the longer it is', () =>
    check(
      60,
      fc.asyncProperty(textOf(PIECES, 40), async (piece) => {
        const text = piece.repeat(Math.ceil(10_000 / Math.max(1, piece.length)));
        const startedMs = performance.now();
        const { hits } = await shards.search({ ...parseSearchText(text), limit: 20 });
        expect(performance.now() - startedMs).toBeLessThan(1_000);
        expect(hits.every(({ id }) => id.includes('/'))).toBe(true);
      }),
    ));

  test('is parsed into words, filters and phrases that are all of it', () =>
    check(
      500,
      fc.property(texts, (text) => {
        const { text: words, phrases = [], tag = [], ...filters } = parseSearchText(text);
        for (const each of [words.split(' '), phrases, tag, Object.values(filters)].flat(2)) {
          expect(text.toLowerCase()).toContain(each.toLowerCase());
        }
      }),
    ));
});

const segment = fc.stringMatching(/^[a-z0-9]{1,6}(?:[._-][a-z0-9]{1,6}){0,3}$/);
const items: fc.Arbitrary<Item[]> = fc
  .uniqueArray(
    fc.record({
      type: fc.constantFrom('cluster', 'provider', 'taskserv'),
      name: segment,
      description: texts,
      author: texts,
      tags: fc.array(texts, { maxLength: 3 }),
      isDeprecated: fc.boolean(),
    }),
    { maxLength: 30, selector: ({ type, name }) => `${type}/${name}` },
  )
  .map((drawn) =>
    drawn.map(({ isDeprecated, ...each }) => ({
      ...catalogue[0]!,
      ...each,
      ...(isDeprecated && { deprecated: { message: 'Old.' } }),
    })),
  );

describe('a catalogue of any texts', () => {
  test('is found by names, the same over a list and over shards', () =>
    check(
      60,
      fc.asyncProperty(items, texts, async (drawn, text) => {
        const [byList, byShards] = [await openSearch(listFiles(drawn)), await openSearch(shardFiles(drawn))];
        for (const asked of [text, ...drawn.map(({ name }) => name)]) {
          const request = { ...parseSearchText(asked), limit: 30 };
          expect(await byShards.search(request)).toEqual(await byList.search(request));
        }
        for (const { name, deprecated } of drawn.slice(0, 5)) {
          const [first] = (await byShards.search({ text: name, limit: 1 })).hits;
          if (deprecated === undefined) expect(splitWords(first?.name ?? '')).toEqual(splitWords(name));
        }
      }),
    ));

  test('is packed so that it can be unpacked', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 63 }));
    const rising = fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 24 })).map((each) => each.sort((a, b) => a - b));
    const words = fc.uniqueArray(texts.map((text) => text.replaceAll(',', ''))).map((each) => each.sort());
    return check(
      300,
      fc.property(digits, rising, words, (numbers, rows, sorted) => {
        expect([...unpackDigits(packDigits(numbers))]).toEqual(numbers);
        expect(unpackRising(packRising(rows))).toEqual(rows);
        if (sorted.length > 0) expect(unpackWords(packWords(sorted))).toEqual(sorted);
      }),
    );
  });
});
