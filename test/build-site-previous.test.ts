import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeOf, exitCodeOfError } from '../indexer/exit-codes.ts';
import type { Pointer } from '../indexer/model/documents.ts';
import { NOON, runIndexer, v1Of } from './builders.ts';
import { bytesOf, elsewhere, flipMemory, OF_EVERY_RUN, openPrevious } from './crawl/site-folder.ts';
import { expectValidSite, HOUR, problemsOf, smallWorld, startWorld } from './crawl/world.ts';
import { serveFolder } from './storage/static-server.ts';

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => !each.isDirectory()).map((each) => each.name);
}

async function loseCounts(v1: string): Promise<void> {
  const { counts, ...rest } = JSON.parse(await readFile(join(v1, 'index.json'), 'utf8')) as { counts: unknown };
  expect(counts).toBeDefined();
  await writeFile(join(v1, 'index.json'), JSON.stringify(rest));
}

async function loseManifest(v1: string): Promise<void> {
  await rm(join(v1, 'by-hash'), { recursive: true });
  await rm(join(v1, 'manifest'), { recursive: true });
}

describe('[indexer] previous', () => {
  test.each(['a folder', 'a URL'])('that is %s remembers as much as the site’s own folder', async (kind) => {
    const world = await smallWorld();
    await world.run();
    const server = await serveFolder(world.config.site.path);
    const place = kind === 'a URL' ? `${server.url}/api/v1` : v1Of(world.config);
    const fresh = await elsewhere(world.config);
    world.gitea.forget();
    const report = await runIndexer(fresh, { previous: openPrevious(place), now: () => NOON + 9 * HOUR });
    expect(report.published).toMatchObject({
      changed: true,
      pointer: { generation: 1, created: '2026-06-01T13:00:00Z' },
    });
    expect(world.attachmentRequests()).toBe(0);
    await expectValidSite(fresh);
    const [old, now] = [await bytesOf(v1Of(world.config)), await bytesOf(v1Of(fresh))];
    for (const file of OF_EVERY_RUN) delete old[file];
    expect(now).toMatchObject(old);
  });

  test('stands in for a source that is down, in a folder that has never been published to', async () => {
    const world = await smallWorld();
    await world.run();
    world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
    const fresh = await elsewhere(world.config);
    const report = await runIndexer(fresh, { previous: openPrevious(v1Of(world.config)) });
    expect(exitCodeOf(report)).toBe(3);
    expect(report.published?.pointer.counts.extensions).toBe(3);
  });

  describe('where the site’s own folder is published to already', () => {
    /** An own site of twelve extensions more than a previous one has, which are gone by now. */
    async function shrunk() {
      const world = await startWorld();
      world.release('e0_prov', { '1.0.0': { 'a.zip': '0' } });
      await world.run();
      const previous = openPrevious(v1Of(world.config));
      const own = await elsewhere(world.config);
      for (let n = 1; n <= 12; n += 1) world.release(`e${n}_prov`, { '1.0.0': { 'a.zip': `${n}` } });
      await runIndexer(own);
      const pointer = async () => JSON.parse(await readFile(join(v1Of(own), 'index.json'), 'utf8')) as Pointer;
      return { world, own, previous, pointer };
    }

    test('does not count: the gate compares with the own site', async () => {
      const { world, own, previous, pointer } = await shrunk();
      for (let n = 1; n <= 12; n += 1) world.gitea.removeRepository('acme', `e${n}_prov`);
      const message = expect.stringContaining('12 of 13 extensions:');
      await expect(runIndexer(own, { previous })).rejects.toMatchObject({ code: 'refused', message });
      expect((await pointer()).counts.extensions).toBe(13);
    });

    test('does not count: the own site stands in for a source that is down', async () => {
      const { world, own, previous, pointer } = await shrunk();
      world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
      await runIndexer(own, { previous });
      expect((await pointer()).counts.extensions).toBe(13);
    });

    test('does not count: what the own site saw first is never forgotten', async () => {
      const { world, own, previous } = await shrunk();
      world.gitea.replaceAsset('acme', 'e1_prov', { tag: '1.0.0', name: 'a.zip', content: 'other' });
      expect(problemsOf(await runIndexer(own, { previous }))).toEqual(['mutated provider/e1@1.0.0']);
    });

    test('is not even asked', async () => {
      const { own, pointer } = await shrunk();
      const previous = { name: 'x', read: () => Promise.reject(new Error('asked')), close: async () => undefined };
      expect((await runIndexer(own, { previous })).published?.changed).toBe(false);
      expect((await pointer()).generation).toBe(1);
    });

    test('does not count: --first-run, where there is no previous site, forgets nothing of the own one', async () => {
      const { world, own, pointer } = await shrunk();
      for (let n = 1; n <= 12; n += 1) world.gitea.removeRepository('acme', `e${n}_prov`);
      for (const previous of [openPrevious(v1Of(await elsewhere(own))), undefined]) {
        const run = runIndexer(own, { firstRun: true, ...(previous && { previous }) });
        await expect(run).rejects.toMatchObject({ code: 'refused' });
      }
      expect((await pointer()).counts.extensions).toBe(13);
    });
  });

  describe('that cannot be read', () => {
    /** Each spoils a published site, whose folder it is given. */
    const SPOILT: readonly (readonly [string, RegExp, (v1: string) => Promise<unknown>])[] = [
      ['is not there', /has no published site.*--first-run/, (v1) => rm(v1, { recursive: true })],
      ['has no pointer', /has no published site.*--first-run/, (v1) => rm(join(v1, 'index.json'))],
      ['is a web page', /not JSON/, (v1) => writeFile(join(v1, 'index.json'), '<!doctype html>')],
      ['is other JSON', /no schema number/, (v1) => writeFile(join(v1, 'index.json'), '[]')],
      ['names no manifest', /names no manifest/, (v1) => writeFile(join(v1, 'index.json'), '{"schema":1}')],
      ['lacks its counts', /lacks other fields/, loseCounts],
      ['is newer than we know', /upgrade this program/, (v1) => writeFile(join(v1, 'index.json'), '{"schema":2}')],
      ['lost its manifest', /neither by-hash.* nor manifest.* has the bytes/, loseManifest],
      ['was changed by hand', /neither by-hash.* nor memory.* has the bytes/, flipMemory],
    ];

    test.each(SPOILT)('because it %s is the run’s failure, and nothing is published', async (_why, message, spoil) => {
      const world = await smallWorld();
      await world.run();
      await spoil(v1Of(world.config));
      const fresh = await elsewhere(world.config);
      const server = await serveFolder(world.config.site.path);
      for (const place of [v1Of(world.config), `${server.url}/api/v1/`]) {
        const failure = await runIndexer(fresh, { previous: openPrevious(place) }).catch((error: unknown) => error);
        expect(failure).toMatchObject({ message: expect.stringMatching(message) });
        expect(exitCodeOfError(failure)).toBe(1);
      }
      expect(await filesIn(fresh.site.path)).toEqual([]);
    });

    test('but for its by-hash files remembers as much, by the friendly ones', async () => {
      const world = await smallWorld();
      await world.run();
      await rm(join(v1Of(world.config), 'by-hash'), { recursive: true });
      const fresh = await elsewhere(world.config);
      const report = await runIndexer(fresh, { previous: openPrevious(v1Of(world.config)) });
      expect(report.outcomes.map((each) => each.counts.assets_read)).toEqual(report.outcomes.map(() => 0));
    });

    test('because its server fails is the run’s failure also in a first run', async () => {
      const world = await smallWorld();
      await world.run();
      const server = await serveFolder(world.config.site.path);
      server.refuse(403);
      const fresh = await elsewhere(world.config);
      const run = runIndexer(fresh, { previous: openPrevious(`${server.url}/api/v1`), firstRun: true });
      await expect(run).rejects.toMatchObject({ code: 'auth' });
      expect(await filesIn(fresh.site.path)).toEqual([]);
    });

    test('because there is none yet is what --first-run is for', async () => {
      const world = await smallWorld();
      const server = await serveFolder(world.config.site.path);
      const report = await world.run({ previous: openPrevious(`${server.url}/api/v1`), firstRun: true });
      expect(report.published).toMatchObject({ changed: true, pointer: { generation: 1 } });
      await world.run({ previous: openPrevious(`${server.url}/api/v1`) });
      expect(await world.pointer()).toMatchObject({ generation: 1, checked_at: '2026-06-01T14:00:00Z' });
    });
  });
});
