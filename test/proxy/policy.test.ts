import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../indexer/config/policy.ts';
import { runIndexer } from '../builders.ts';
import { AWS_1, AWS_1_1, startWorld, type World } from './world.ts';

const AWS = '/extensions/provider/aws';

async function worldWith(policy: string): Promise<World> {
  const world = await startWorld();
  world.config.policy = parsePolicy(policy).rules;
  await runIndexer(world.config);
  world.clock.nowMs += 1_000;
  return world;
}

describe('a yanked version', () => {
  const yanked = () => worldWith('[[yank]]\nmatch = "provider/aws@1.1.0+build.5"\nreason = "It leaks."\n');

  test('downloads by its exact version', async () => {
    const { get } = await yanked();
    const { status, body } = await get(`${AWS}/1.1.0%2Bbuild.5`);
    expect({ status, same: body.equals(AWS_1_1) }).toEqual({ status: 200, same: true });
  });

  test.each(['latest', '^1', '1.x', '1', '>=1.0.0'])('is not what %s means', async (wanted) => {
    const { get } = await yanked();
    const { status, headers } = await get(`${AWS}/${wanted}`);
    expect([status, headers.location]).toEqual([302, '1.0.0']);
  });

  test('is not what a range means that no other version is in', async () => {
    const { get } = await yanked();
    expect((await get(`${AWS}/~1.1`)).status).toBe(404);
  });
});

describe('an extension whose every version is yanked', () => {
  test('is listed as such, found by no search, and resolved to by nothing', async () => {
    const { get } = await worldWith('[[yank]]\nmatch = "provider/aws"\nreason = "It leaks."\n');
    expect((await get(AWS)).json).toMatchObject({ yanked: true });
    expect((await get('/extensions/search?q=aws')).json).toEqual([]);
    expect((await get('/extensions/search?q=&type=provider')).json).toMatchObject([{ name: 'both' }]);
    expect((await get(`${AWS}/latest`)).status).toBe(404);
    const { status, body } = await get(`${AWS}/1.0.0`);
    expect({ status, same: body.equals(AWS_1) }).toEqual({ status: 200, same: true });
  });
});

describe('a hidden version', () => {
  test('is as if it had never been there', async () => {
    const { get } = await worldWith('[[hide]]\nmatch = "provider/aws"\nreason = "A key is in it."\n');
    for (const path of [AWS, `${AWS}/versions`, `${AWS}/notes`, `${AWS}/1.0.0`, `${AWS}/latest`]) {
      expect((await get(path)).status).toBe(404);
    }
    expect((await get('/extensions/search?q=aws')).json).toEqual([]);
  });
});
