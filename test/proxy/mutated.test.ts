import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runIndexer, v1Of } from '../builders.ts';
import { rollBack } from '../generations-world.ts';
import { AWS_1, SHARED, startWorld, type World } from './world.ts';

const AWS = '/extensions/provider/aws/1.0.0';
const BOTH = '/extensions/provider/both/3.0.0';
const GONE =
  'The bytes of provider/aws 1.0.0 aws_prov.tar.gz that were first seen are gone: its publisher has changed the files ' +
  'of this version, and other bytes are not served under it; use another version, and tell its publisher.';

function replace({ gitea }: World, content: Buffer | string): void {
  gitea.replaceAsset('acme', 'aws_prov', { tag: 'v1.0.0', name: 'aws_prov.tar.gz', content });
}

async function crawl({ config, clock }: World): Promise<void> {
  await runIndexer(config);
  clock.nowMs += 1_000;
}

describe('an asset that its publisher replaced', () => {
  test('is a failure of the backend until a crawl has seen the new bytes, then 409 for good', async () => {
    const world = await startWorld();
    replace(world, 'other bytes');
    const before = await world.get(AWS);
    expect({ status: before.status, body: before.json }).toMatchObject({
      status: 502,
      body: { error: 'gitea', details: 'not_found' },
    });
    await crawl(world);
    const after = await world.get(AWS);
    expect({ status: after.status, body: after.json }).toEqual({
      status: 409,
      body: { error: 'conflict', message: GONE },
    });
    expect(after.headers['cache-control']).toBe('no-store');
    expect((await world.get('/metrics')).text).toContain('extreg_digest_mismatch_total 0\n');
  });

  test('is 409 for a part of it and for any of its files too, and what is known of it stays', async () => {
    const world = await startWorld();
    replace(world, 'other bytes');
    world.gitea.removeAsset('acme', 'aws_prov', { tag: 'v1.0.0', name: 'notes für aws.txt' });
    await crawl(world);
    expect((await world.get(AWS, { headers: { range: 'bytes=0-9' } })).status).toBe(409);
    expect((await world.get(`${AWS}/${encodeURIComponent('notes für aws.txt')}`)).status).toBe(409);
    expect((await world.get(AWS, { method: 'HEAD' })).headers['content-length']).toBe(String(AWS_1.length));
  });

  test('leaves the other versions alone', async () => {
    const world = await startWorld();
    replace(world, 'other bytes');
    await crawl(world);
    world.gitea.misbehave({ match: /attachments/, fault: { kind: 'status', status: 404 } });
    const answer = await world.get('/extensions/provider/aws/1.1.0+build.5');
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 502, body: { details: 'not_found' } });
  });

  test('is served from its new location once the first bytes are back', async () => {
    const world = await startWorld();
    replace(world, 'other bytes');
    await crawl(world);
    replace(world, AWS_1);
    await crawl(world);
    const { status, body } = await world.get(AWS);
    expect({ status, same: body.equals(AWS_1) }).toEqual({ status: 200, same: true });
  });

  test('is not taken for replaced where the crawl found something else about the version', async () => {
    const world = await startWorld();
    world.gitea.addAsset('acme', 'aws_prov', { tag: 'v1.0.0', name: '../evil', content: 'x' });
    await crawl(world);
    expect((await world.get('/extensions/provider/aws')).json).toMatchObject({
      problems: [{ code: 'unsafe_asset_name', source: 'gitea', subject: 'provider/aws@1.0.0' }],
    });
    world.gitea.misbehave({ match: /attachments/, fault: { kind: 'status', status: 404 } });
    expect((await world.get(AWS)).json).toMatchObject({ error: 'gitea', details: 'not_found' });
  });

  test.each([401, 500])('is not taken for gone when its backend answers %i', async (status) => {
    const world = await startWorld();
    replace(world, 'other bytes');
    await crawl(world);
    world.gitea.misbehave({ match: /attachments/, fault: { kind: 'status', status } });
    expect((await world.get(AWS)).json).toMatchObject({ error: 'gitea' });
  });
});

describe('an asset that its publisher replaced, after a rollback to before that was seen', () => {
  async function rolledBack(): Promise<World> {
    const world = await startWorld();
    replace(world, 'other bytes');
    await crawl(world);
    await rollBack(world.config);
    world.clock.nowMs += 1_000;
    expect((await world.get('/extensions/provider/aws')).json).not.toHaveProperty('problems');
    return world;
  }

  test('is still 409, by the status of the newest crawl', async () => {
    const world = await rolledBack();
    const { status, json } = await world.get(AWS);
    expect({ status, json }).toEqual({ status: 409, json: { error: 'conflict', message: GONE } });
  });

  test.each(['{', '{}', '[]', '{"problems":{"first":[null]}}'])(
    'is a failure of the backend where the status is %s',
    async (status) => {
      const world = await rolledBack();
      await writeFile(join(v1Of(world.config), 'status/index.json'), status);
      expect(await world.get(AWS)).toMatchObject({ status: 502, json: { error: 'gitea', details: 'not_found' } });
    },
  );
});

describe('a primary asset that its publisher deleted', () => {
  test('is 409 for a bare download too, and what is known of it stays', async () => {
    const world = await startWorld();
    world.gitea.removeAsset('acme', 'aws_prov', { tag: 'v1.0.0', name: 'aws_prov.tar.gz' });
    await crawl(world);
    expect((await world.get(AWS)).json).toEqual({ error: 'conflict', message: GONE });
    expect((await world.get(AWS, { method: 'HEAD' })).headers['content-length']).toBe(String(AWS_1.length));
  });
});

describe('an asset that its publisher replaced at one of two sources', () => {
  test('is served from the one that still has the first bytes, while that one answers', async () => {
    const world = await startWorld();
    const { gitea, oci, get } = world;
    gitea.replaceAsset('acme', 'both_prov', { tag: '3.0.0', name: 'both.tar.gz', content: 'other bytes' });
    await crawl(world);
    const { status, body } = await get(BOTH);
    expect({ status, same: body.equals(SHARED) }).toEqual({ status: 200, same: true });
    // Trying again later may help, so it is not the conflict that is answered.
    oci.misbehave({ match: /blobs/, times: 1, fault: { kind: 'status', status: 503 } });
    expect((await get(BOTH)).json).toMatchObject({ error: 'oci', details: 'rate_limit' });
    oci.misbehave({ match: /blobs/, times: 1, fault: { kind: 'status', status: 410 } });
    expect((await get(BOTH)).json).toMatchObject({ error: 'oci', details: 'not_found' });
  });
});

describe('an asset that its publishers replaced at both sources', () => {
  test('is 409 when both have lost the first bytes, and a failure while one may still have them', async () => {
    const world = await startWorld();
    const { gitea, oci, get } = world;
    gitea.replaceAsset('acme', 'both_prov', { tag: '3.0.0', name: 'both.tar.gz', content: 'other bytes' });
    oci.pushArtifact('acme/both-provider', '3.0.0', { layers: [{ title: 'both.tar.gz', content: 'other bytes' }] });
    await crawl(world);
    oci.misbehave({ match: /blobs/, times: 1, fault: { kind: 'status', status: 500 } });
    expect((await get(BOTH)).json).toMatchObject({ error: 'oci', details: 'bad_answer' });
    oci.misbehave({ match: /blobs/, fault: { kind: 'status', status: 404 } });
    expect((await get(BOTH)).status).toBe(409);
  });
});

describe('a tag that was moved', () => {
  test('is 409 when the registry has collected the first layer', async () => {
    const world = await startWorld();
    world.oci.pushArtifact('acme/redis-taskserv', '7.2.0', { layers: [{ title: 'redis-7.2.0.tar.gz', content: 'x' }] });
    await crawl(world);
    expect((await world.get('/extensions/taskserv/redis/7.2.0')).status).toBe(200);
    world.oci.misbehave({ match: /blobs/, fault: { kind: 'status', status: 404 } });
    const answer = await world.get('/extensions/taskserv/redis/7.2.0');
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status: 409, body: { error: 'conflict' } });
  });
});
