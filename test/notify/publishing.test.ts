import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { parsePolicy } from '../../indexer/config/policy.ts';
import { createFolderReader, createFolderStorage } from '../../indexer/storage/folder.ts';
import { runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import { startWorld } from '../crawl/world.ts';
import { compileSchemas, closeSchemas, readSchemas } from '../schema/contract.ts';
import { answering, isSigned, startReceiver } from './receiver.ts';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const validate = compileSchemas(closeSchemas(await readSchemas()))('notification');

/** A world whose indexer tells a receiver. */
async function startTelling(...answers: Parameters<typeof startReceiver>) {
  const world = await startWorld();
  const { url, received } = await startReceiver(...answers);
  world.config.notify = { url, secret: `whsec_${KEY}`, timeoutMs: 5_000 };
  world.release('aws_prov', { '1.0.0': { 'aws_prov.tar.gz': 'one' } });
  world.push('redis-taskserv', '7.0.0', { 'redis.tar.gz': 'seven' });
  const setPolicy = (toml: string): void => void (world.config.policy = parsePolicy(toml).rules);
  return { ...world, received, setPolicy };
}

describe('a publication', () => {
  test('is told once, signed, by its contract, and what was told is not told again', async () => {
    const world = await startTelling(answering(204));
    expect((await world.run()).notified).toBe('delivered');
    expect(world.received).toHaveLength(1);
    expect(isSigned(world.received[0]!, KEY)).toBe(true);
    expect(world.received[0]!.notification.data).toMatchObject({
      generation: 1,
      added: {
        total: 2,
        first: [
          { type: 'provider', name: 'aws', version: '1.0.0', source: 'gitea' },
          { type: 'taskserv', name: 'redis', version: '7.0.0', source: 'oci' },
        ],
      },
    });
    expect((await world.run()).notified).toBe('nothing_to_tell');
    world.release('aws_prov', { '1.1.0': { 'aws_prov.tar.gz': 'two' } });
    await world.run();
    expect(world.received[1]!.notification.data).toMatchObject({
      generation: 2,
      added: { total: 1, first: [{ version: '1.1.0' }] },
    });
    for (const { notification } of world.received)
      expect(validate(notification), JSON.stringify(validate.errors)).toBe(true);
  });

  test('tells of yanked versions, and that never again', async () => {
    const world = await startTelling(answering(204));
    await world.run();
    world.setPolicy('[[yank]]\nmatch = "taskserv/redis"\nreason = "It leaks."\n');
    await world.run();
    await world.run();
    expect(world.received.slice(1).map((each) => each.notification.data)).toMatchObject([
      {
        added: { total: 0 },
        yanked: { total: 1, first: [{ type: 'taskserv', name: 'redis', version: '7.0.0', reason: 'It leaks.' }] },
      },
    ]);
    expect(validate(world.received[1]!.notification), JSON.stringify(validate.errors)).toBe(true);
  });

  test('tells of replaced files', async () => {
    const world = await startTelling(answering(204));
    await world.run();
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'aws_prov.tar.gz', content: 'other' });
    await world.run();
    await world.run();
    expect(world.received.slice(1).map((each) => each.notification.data.mutated)).toMatchObject([
      { total: 1, first: [{ type: 'provider', name: 'aws', version: '1.0.0', source: 'gitea' }] },
    ]);
    expect(validate(world.received[1]!.notification), JSON.stringify(validate.errors)).toBe(true);
  });

  test('tells of a source that went down and came back, though nothing else has changed', async () => {
    const world = await startTelling(answering(204));
    await world.run();
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 500 } });
    await world.run();
    await world.run();
    world.gitea.heal();
    await world.run();
    expect(world.received.slice(1).map(({ notification: { data } }) => [data.sources_down, data.sources_up])).toEqual([
      [[{ name: 'gitea', kind: 'gitea', since: '2026-06-01T14:00:00Z' }], []],
      [[], [{ name: 'gitea', kind: 'gitea', since: '2026-06-01T16:00:00Z' }]],
    ]);
    expect(validate(world.received[2]!.notification), JSON.stringify(validate.errors)).toBe(true);
  });

  test('never names what the policy hides', async () => {
    const world = await startTelling(answering(204));
    world.setPolicy('[[hide]]\nmatch = "provider/aws"\nreason = "s3cret"\n');
    await world.run();
    world.release('aws_prov', { '1.1.0': { 'aws_prov.tar.gz': 'two' } });
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.0.0', name: 'aws_prov.tar.gz', content: 'other' });
    expect((await world.run()).problems.map((each) => each.code)).toContain('mutated');
    world.setPolicy(
      '[[hide]]\nmatch = "provider/aws"\nreason = "s3cret"\n[[hide]]\nmatch = "taskserv/redis"\nreason = "too"\n',
    );
    await world.run({ force: true });
    expect(world.received).toHaveLength(1);
    expect(JSON.stringify(world.received)).not.toMatch(/aws|s3cret/);
  });

  test('stands when it cannot be told, which is a problem of the report', async () => {
    const world = await startTelling(answering(500));
    world.config.notify!.url += '/p4th?t0ken';
    const report = await world.run();
    expect(report.notified).toBe('failed');
    expect(report.problems).toMatchObject([{ code: 'notify_failed', source: 'notify', subject: 'the webhook' }]);
    expect(JSON.stringify(report.problems)).not.toMatch(/p4th|t0ken|MfKQ/);
    expect((await world.pointer()).generation).toBe(1);
    expect(world.received).toHaveLength(3);
  });

  test('lets another indexer run while it is told', async () => {
    const world = await startTelling(undefined);
    world.config.notify!.timeoutMs = 60_000;
    const storage = createFolderStorage({ root: v1Of(world.config), now: Date.now, temporaryName: () => 'other' });
    const stop = new AbortController();
    const telling = world.run({ signal: stop.signal });
    while ((await storage.read('index.json')) === undefined) await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const lock = await storage.lock!().catch(() => undefined);
      await lock?.release();
      if (lock !== undefined) break;
    }
    stop.abort(new Error('stopped'));
    expect(await telling).toMatchObject({ notified: 'failed', published: { changed: true } });
  });

  test('that starts from a published copy tells what is new against that', async () => {
    const world = await startTelling(answering(204));
    await world.run();
    const copy: Config = { ...world.config, site: { ...world.config.site, path: await temporaryFolder() } };
    world.release('aws_prov', { '1.1.0': { 'aws_prov.tar.gz': 'two' } });
    const previous = createFolderReader({ root: v1Of(world.config) });
    expect((await runIndexer(copy, { previous, now: () => Date.UTC(2026, 5, 2) })).notified).toBe('delivered');
    expect(world.received[1]!.notification.data.added).toMatchObject({ total: 1, first: [{ version: '1.1.0' }] });
  });

  test('whose predecessor is damaged is not told, and stands', async () => {
    const world = await startTelling(answering(204));
    await world.run();
    const { documents } = await world.read<{ documents: Record<string, { digest: string }> }>('manifest');
    const hex = documents['extensions/provider/aws/versions']!.digest.slice('sha256:'.length);
    world.release('aws_prov', { '1.1.0': { 'aws_prov.tar.gz': 'two' } });
    await rm(join(v1Of(world.config), 'by-hash', 'sha256', hex.slice(0, 2), `${hex}.json`));
    // Not by the world's own world.run, which finds the damage too.
    const report = await runIndexer(world.config, { now: () => Date.UTC(2026, 5, 2) });
    expect(report).toMatchObject({ notified: 'failed', published: { changed: true } });
  });
});
