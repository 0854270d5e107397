import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOverview, renderOverview } from '../../../cli/registry/overview.ts';
import type { SearchDocument } from '../../../indexer/model/documents.ts';
import { temporaryFolder } from '../../builders.ts';
import { sharedWorld } from '../../proxy/world.ts';
import { open } from './registries.ts';

const DOCUMENT: SearchDocument = {
  schema: 1,
  form: 'list',
  type: ['cluster', 'provider', 'taskserv'],
  name: ['web', 'aws', 'redis'],
  version: ['0.1.0', '2.0.0-rc.1', '7.2.0'],
  description: ['', 'Amazon\tWeb\n Services \u001b[31m', 'Zwischenspeicher für alle'],
  author: ['', 'a', 'b'],
  source: [['gitea'], ['gitea', 'oci'], ['oci']],
  tags: [[], ['cloud', 'ec2'], ['cache']],
  deprecated: [1, 2],
  yanked: [2],
};

const EMPTY: SearchDocument = {
  schema: 1,
  form: 'list',
  type: [],
  name: [],
  version: [],
  description: [],
  author: [],
  source: [],
  tags: [],
  deprecated: [],
  yanked: [],
};

describe('parseOverview', () => {
  test('gives what was rendered, each text made one line', () => {
    expect(parseOverview(renderOverview(DOCUMENT))).toEqual({
      ids: ['cluster/web', 'provider/aws', 'taskserv/redis'],
      versions: ['0.1.0', '2.0.0-rc.1', '7.2.0'],
      descriptions: ['', 'Amazon Web Services', 'Zwischenspeicher für alle'],
      deprecated: new Set([1, 2]),
      yanked: new Set([2]),
    });
  });

  test('gives nothing of a registry without extensions', () => {
    const nothing = { ids: [], versions: [], descriptions: [], deprecated: new Set(), yanked: new Set() };
    expect(parseOverview(renderOverview(EMPTY))).toEqual(nothing);
    expect(parseOverview(renderOverview(EMPTY), { tag: '' })).toEqual(nothing);
  });

  test.each([
    [{ type: 'provider' }, ['provider/aws']],
    [{ type: 'prov' }, []],
    [{ source: 'oci' }, ['provider/aws', 'taskserv/redis']],
    [{ tag: 'ec2' }, ['provider/aws']],
    [{ tag: 'ec' }, []],
    [{ tag: '' }, []],
    [{ type: 'taskserv', source: 'gitea' }, []],
  ])('filters by %j', (filter, ids) => {
    expect(parseOverview(renderOverview(DOCUMENT), filter).ids).toEqual(ids);
  });

  test('keeps the marks with their rows when it filters', () => {
    const { versions, deprecated, yanked } = parseOverview(renderOverview(DOCUMENT), { source: 'oci' });
    expect({ versions, deprecated, yanked }).toEqual({
      versions: ['2.0.0-rc.1', '7.2.0'],
      deprecated: new Set([0, 1]),
      yanked: new Set([1]),
    });
  });
});

describe('the kept overview', () => {
  const world = sharedWorld();

  async function openKept() {
    const cacheFolder = await temporaryFolder();
    const read = async () => {
      const opened = await open(`${world().url}/api/v1`, { cacheFolder });
      const overview = await opened.overview();
      return { overview, kept: opened.events.filter(({ fromCache }) => fromCache).map(({ url }) => url) };
    };
    const documents = join(cacheFolder, 'documents');
    const file = async (): Promise<string> => {
      const names = await readdir(documents, { recursive: true });
      return join(
        documents,
        names.find((each) => each.endsWith('.overview1'))!,
      );
    };
    return { read, file };
  }

  test('is made once', async () => {
    const { read, file } = await openKept();
    const first = await read();
    expect(first.kept).toEqual([]);
    await rm((await file()).replace('.overview1', '.json'));
    const second = await read();
    expect(second).toEqual({ overview: first.overview, kept: ['search/index.json'] });
  });

  test('is made again where it is damaged', async () => {
    const { read, file } = await openKept();
    const first = await read();
    const text = await readFile(await file(), 'utf8');
    await writeFile(await file(), text.replace('provider/aws', 'provider/awz'));
    expect((await read()).overview).toEqual(first.overview);
    expect(await readFile(await file(), 'utf8')).toBe(text);
  });
});
