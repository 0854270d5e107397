import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import type { Item, Pointer } from '../../indexer/model/documents.ts';
import { parseSearchText } from '../../indexer/site/search/query.ts';
import type { Answer, Question } from '../../public/src/answer.ts';
import { publishExtensions } from '../bench/published-site.ts';
import { configOf, temporaryFolder } from '../builders.ts';
import { open } from '../cli/registry/registries.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { startProxy } from '../proxy/world.ts';
import { readCatalogue, readQueries } from './catalogue.ts';
import { drawQueries } from './draw-queries.ts';

/*
 * The page, the client and the proxy read one published site, and answer in one order.
 */

type Ask = (text: string) => Promise<string[]>;

/** What the proxy answers without a limit. */
const SHOWN = 20;

const catalogue = readCatalogue();
const drawn = drawQueries(catalogue, 7).filter((_, at) => at % 4 === 0);
const texts = [...readQueries(), ...drawn].map(({ text }) => text);

function extensionOf({
  type,
  name,
  description,
  author,
  repository,
  tags,
  sources,
  deprecated,
}: Item): CatalogueExtension {
  const about = { description, author, repository, tags: tags ?? [] };
  const version = catalogueVersion('1.0.0', { about, sources: sources ?? [], ...(deprecated && { deprecated }) });
  return catalogueExtension(`${type}/${name}`, [version]);
}

function idsOf(found: readonly { type: string; name: string }[]): string[] {
  return found.map(({ type, name }) => `${type}/${name}`);
}

/** The page's own worker, in a thread that has what it needs of a browser. */
const BROWSER = `
const { parentPort, workerData } = require('node:worker_threads');
globalThis.addEventListener = (_, listener) => parentPort.on('message', (data) => listener({ data }));
globalThis.postMessage = (data) => parentPort.postMessage(data);
import(workerData).then(() => parentPort.postMessage('ready'));
`;
const PAGE = new URL('../../public/src/search-worker.ts', import.meta.url).href;

/** @param count extensions that the page is told of, by which it decides what it reads */
async function openPage(base: string, count: number): Promise<Ask> {
  const { search } = (await (await fetch(`${base}index.json`)).json()) as Pointer;
  const worker = new Worker(BROWSER, { eval: true, workerData: PAGE });
  onTestFinished(async () => void (await worker.terminate()));
  await once(worker, 'message');
  worker.postMessage({ opening: { base, count, types: {}, sources: ['gitea'], search: search.path } }, []);
  return async (text) => {
    const question: Question = { text, sort: 'best', shown: SHOWN, type: [], source: [], tag: [] };
    worker.postMessage({ id: 1, question }, []);
    const [{ answer }] = (await once(worker, 'message')) as [{ answer: Answer }];
    return idsOf(answer.rows);
  };
}

async function openAll(maxListed: number, counts: readonly number[]): Promise<Ask[]> {
  const folder = await temporaryFolder();
  await publishExtensions(folder, catalogue.map(extensionOf), { maxListed });
  const { url } = await startProxy(configOf(folder, []));
  const base = `${url}/api/v1/`;
  const client = await open(base);
  const ofClient: Ask = async (text) => {
    const { found } = await client.search({ ...parseSearchText(text), limit: SHOWN });
    return found.map(({ id }) => id);
  };
  const ofProxy: Ask = async (text) => {
    const answer = await fetch(`${base}extensions/search?q=${encodeURIComponent(text)}`);
    return idsOf((await answer.json()) as Item[]);
  };
  return [ofProxy, ofClient, ...(await Promise.all(counts.map((count) => openPage(base, count))))];
}

test.each([
  ['a list, which the page reads as items or as columns', 300, [300, 5_000]],
  ['shards', 0, [20_000]],
])('page, client and proxy answer in one order from %s', async (_, maxListed, counts) => {
  const all = await openAll(maxListed, counts);
  expect(texts.length).toBeGreaterThan(170);
  let found = 0;
  for (const text of texts) {
    const [first = [], ...others] = await Promise.all(all.map((ask) => ask(text)));
    found += first.length;
    for (const other of others) expect(other, text).toEqual(first);
  }
  expect(found).toBeGreaterThan(texts.length);
});
