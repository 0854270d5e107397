import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../indexer/exit-codes.ts';
import type { StatusDocument } from '../../indexer/model/documents.ts';
import type { Fault } from '../fakes/faults.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** `provider/aws` at Gitea, `taskserv/redis` in the registry, crawled once. */
async function crawledWorld(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  world.gitea.addToken({ token: 'token' });
  world.release('aws_prov', { '1.0.0': { 'a.zip': 'aws' } });
  world.push('redis-taskserv', '7.0.0', { 'a.zip': 'redis' });
  const report = await world.run();
  expect(report.problems).toEqual([]);
  expect(exitCodeOf(report)).toBe(0);
  return world;
}

/** Nothing is lost, and everybody is told since when what `name` gives is of earlier. */
async function expectCarriedForward(world: World, name: string): Promise<void> {
  const before = await Promise.all([world.items(), world.versions('provider/aws'), world.versions('taskserv/redis')]);
  const { generation } = await world.pointer();

  for (const runs of [1, 2]) {
    const report = await world.run();
    expect(
      report.outcomes.flatMap((each) => (each.failure ? [each.name] : [])),
      `run ${runs}`,
    ).toEqual([name]);
    expect(exitCodeOf(report)).toBe(3);
  }
  const after = await Promise.all([world.items(), world.versions('provider/aws'), world.versions('taskserv/redis')]);
  expect(after).toEqual(before);
  const now = await world.pointer();
  expect(now).toMatchObject({ generation, checked_at: '2026-06-01T15:00:00Z' });
  const other = name === 'gitea' ? 'oci' : 'gitea';
  expect(Object.fromEntries(now.sources.map(({ name: each, ...rest }) => [each, rest]))).toEqual({
    [name]: { kind: name, last_success: '2026-06-01T13:00:00Z', carried_since: '2026-06-01T14:00:00Z' },
    [other]: { kind: other, last_success: '2026-06-01T15:00:00Z' },
  });
  const status = await world.read<StatusDocument>('status');
  const failed = status.sources.find((each) => each.name === name);
  expect(failed).toMatchObject({ error: { message: expect.stringMatching(/.{20}/) }, extensions: 1, releases: 1 });
}

async function expectRecovery(world: World): Promise<void> {
  const report = await world.run();
  expect(exitCodeOf(report)).toBe(0);
  for (const source of (await world.pointer()).sources) expect(source).not.toHaveProperty('carried_since');
}

const EVERYTHING = /./;
const DOWN: readonly (readonly [string, Fault])[] = [
  ['breaks every connection', { kind: 'reset' }],
  ['answers 500', { kind: 'status', status: 500 }],
  ['answers 502', { kind: 'status', status: 502 }],
  ['asks to slow down without end', { kind: 'status', status: 429, headers: { 'Retry-After': '0' } }],
  ['stands behind a login page', { kind: 'garbage' }],
  ['answers without end', { kind: 'endless', contentType: 'application/json' }],
  ['redirects elsewhere', { kind: 'redirect', status: 302, location: 'https://login.example.org/' }],
  ['answers cut short', { kind: 'truncate', afterBytes: 1 }],
];

describe.each(['gitea', 'oci'] as const)('%s as a source', (name) => {
  test.each(DOWN)('that %s is carried forward', async (_how, fault) => {
    const world = await crawledWorld();
    world[name].misbehave({ match: EVERYTHING, fault });
    await expectCarriedForward(world, name);
    world[name].heal();
    await expectRecovery(world);
  });

  test('that does not answer is ended by deadline_seconds, and the other is read meanwhile', async () => {
    const world = await crawledWorld({ indexer: { deadlineSeconds: 0.3 } });
    const other = name === 'gitea' ? world.oci : world.gitea;
    world[name].misbehave({ match: EVERYTHING, fault: { kind: 'hang' } });
    other.forget();
    const report = await world.run();
    const failed = report.outcomes.find((each) => each.name === name);
    expect(failed?.failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('deadline_seconds') });
    expect(report.outcomes.filter((each) => each.failure === undefined)).toHaveLength(1);
    expect(other.requests.every((each) => each.outcome === 'complete')).toBe(true);
    expect((await world.items()).map((each) => each.name)).toEqual(['aws', 'redis']);
  });

  test('that is slow does not hold the other up', async () => {
    const world = await crawledWorld();
    const other = name === 'gitea' ? 'oci' : 'gitea';
    // If the sources were read one after the other, one order of the two would wait for ever.
    const otherIsRead = Promise.withResolvers<void>();
    world[name].misbehave({ match: EVERYTHING, fault: { kind: 'delay', until: otherIsRead.promise } });
    const report = await world.run({
      onProgress: (source, progress) => {
        if (source === other && progress.releases === 1) otherIsRead.resolve();
      },
    });
    expect(report.outcomes.map((each) => each.failure)).toEqual([undefined, undefined]);
  });
});

describe('lost access', () => {
  test('to an organization that is hidden now is no emptiness', async () => {
    const organization = { name: 'acme', visibility: 'public' as const };
    const world = await startWorld({ gitea: { organizations: [] } });
    const acme = world.gitea.addOrganization(organization);
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'aws' } });
    world.push('redis-taskserv', '7.0.0', { 'a.zip': 'redis' });
    await world.run();
    acme.visibility = 'private';
    await expectCarriedForward(world, 'gitea');
    acme.visibility = 'public';
    await expectRecovery(world);
  });

  test('by a token that was revoked is no emptiness', async () => {
    const world = await crawledWorld({ giteaSource: { secret: 'token' } });
    world.gitea.revokeToken('token');
    await expectCarriedForward(world, 'gitea');
    world.gitea.addToken({ token: 'token' });
    await expectRecovery(world);
  });

  test('by a token that lost its scope is no emptiness', async () => {
    const world = await crawledWorld({ giteaSource: { secret: 'token' } });
    world.gitea.addToken({ token: 'token', scopes: ['read:user'] });
    await expectCarriedForward(world, 'gitea');
  });

  test('by a server that now wants everybody to sign in is no emptiness', async () => {
    const world = await crawledWorld();
    world.gitea.requireSignIn(true);
    await expectCarriedForward(world, 'gitea');
  });

  test('by a list that is empty against its total is no emptiness', async () => {
    const world = await crawledWorld();
    world.gitea.misbehave({ match: /\/orgs\/acme\/repos$/, fault: { kind: 'replaceJson', replace: () => [] } });
    await expectCarriedForward(world, 'gitea');
  });

  test('to a registry whose password was changed is no emptiness', async () => {
    const user = { name: 'bot', password: 'old' };
    const world = await crawledWorld({
      oci: { auth: 'basic', users: [user] },
      ociSource: { username: 'bot', secret: 'old' },
    });
    world.oci.addUser({ ...user, password: 'new' });
    await expectCarriedForward(world, 'oci');
    world.oci.addUser(user);
    await expectRecovery(world);
  });

  test.each(['distribution', 'gitea'] as const)(
    'to a namespace that is hidden now is no emptiness (%s)',
    async (flavour) => {
      const world = await crawledWorld({ oci: { flavour, auth: 'bearer' } });
      world.oci.hideOwner('acme');
      await expectCarriedForward(world, 'oci');
    },
  );

  test('to every repository of a registry without a namespace is no emptiness', async () => {
    const world = await startWorld({ oci: { flavour: 'gitea' }, ociSource: { namespace: '' } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'aws' } });
    world.oci.pushArtifact('redis-taskserv', '7.0.0', { layers: [{ title: 'a.zip', content: 'redis' }] });
    expect((await world.run()).published?.pointer.counts.extensions).toBe(2);
    world.oci.hideOwner('redis-taskserv');
    await expectCarriedForward(world, 'oci');
  });
});

describe('all sources at once', () => {
  test('that fail leave the site as it was, confirm nothing, and are the run’s failure', async () => {
    const world = await crawledWorld();
    const before = await Promise.all([world.items(), world.pointer(), world.memory()]);
    for (const source of [world.gitea, world.oci]) source.misbehave({ match: EVERYTHING, fault: { kind: 'reset' } });
    const report = await world.run();
    expect(exitCodeOf(report)).toBe(1);
    const [items, pointer, memory] = await Promise.all([world.items(), world.pointer(), world.memory()]);
    expect([items, memory]).toEqual([before[0], before[2]]);
    expect(pointer).toMatchObject({ generation: before[1].generation, checked_at: before[1].checked_at });
    expect(pointer.sources.map((each) => each.carried_since)).toEqual(['2026-06-01T14:00:00Z', '2026-06-01T14:00:00Z']);
  });

  test('that fail in the first run publish nothing', async () => {
    const world = await startWorld();
    for (const source of [world.gitea, world.oci]) source.misbehave({ match: EVERYTHING, fault: { kind: 'reset' } });
    const report = await world.run();
    expect(report.published).toBeUndefined();
    expect(exitCodeOf(report)).toBe(1);
    await expect(world.pointer()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a source that fails in its first crawl', () => {
  test('leaves the site to the others, and is marked', async () => {
    const world = await startWorld();
    world.push('redis-taskserv', '7.0.0', { 'a.zip': 'redis' });
    world.gitea.misbehave({ match: EVERYTHING, fault: { kind: 'reset' } });
    expect(exitCodeOf(await world.run())).toBe(3);
    expect((await world.items()).map((each) => each.name)).toEqual(['redis']);
    expect((await world.pointer()).sources[0]).toEqual({
      name: 'gitea',
      kind: 'gitea',
      carried_since: '2026-06-01T13:00:00Z',
    });
  });
});

describe('a source that fails while its assets are read', () => {
  test('is not asked for anything more while the crawl of another goes on', async () => {
    const world = await startWorld({ indexer: { deadlineSeconds: 0.5, concurrency: 1 } });
    for (let minor = 0; minor < 20; minor += 1)
      world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
    world.gitea.misbehave({ match: /\/attachments\//, fault: { kind: 'reset' } });
    world.oci.misbehave({ match: EVERYTHING, fault: { kind: 'hang' } });
    const { outcomes } = await world.run();
    expect(outcomes.map((each) => each.failure?.code)).toEqual(['source_failed', 'timeout']);
    // Five in a row, three tries each.
    expect(world.attachmentRequests()).toBe(15);
  });

  test('is not asked for anything more once its time is over', async () => {
    const world = await startWorld({ indexer: { deadlineSeconds: 0.3, concurrency: 2 } });
    for (let minor = 0; minor < 20; minor += 1)
      world.release('aws_prov', { [`1.${minor}.0`]: { 'a.zip': `${minor}` } });
    world.gitea.misbehave({ match: /\/attachments\//, fault: { kind: 'hang' } });
    const { outcomes } = await world.run();
    expect(outcomes[0]?.failure?.code).toBe('timeout');
    expect(world.attachmentRequests()).toBe(2);
  });
});
