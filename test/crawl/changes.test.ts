import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import { problemsOf, startWorld, type World } from './world.ts';

const AWS = 'provider/aws';

async function versionsIn(world: World, id = AWS): Promise<string[]> {
  return (await world.versions(id)).map((each) => each.version);
}

/** As if a page had shifted while it was read: the listing has one release fewer than there are. */
function hideFromList(world: World, tag: string): void {
  world.gitea.misbehave({
    match: /\/releases$/,
    fault: {
      kind: 'replaceJson',
      replace: (releases) => (releases as { tag_name: string }[]).filter((each) => each.tag_name !== tag),
    },
  });
}

describe('a version that is missing from a listing', () => {
  test('is asked for once more, and kept where it is still there', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    world.gitea.forget();
    hideFromList(world, '1.0.0');
    expect((await world.run()).published).toMatchObject({ changed: false });
    expect(await versionsIn(world)).toEqual(['1.1.0', '1.0.0']);
    expect(world.gitea.requests.filter((each) => /\/releases\/\d+$/.test(each.path))).toHaveLength(1);
  });

  test('is removed where Gitea says that it is gone, and remembered as such', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.0.0');
    expect((await world.run()).problems).toEqual([]);
    expect(await versionsIn(world)).toEqual(['1.1.0']);
    const { versions, sources } = await world.memory();
    expect(versions[AWS]?.['1.0.0']).toEqual({
      first_seen: '2026-06-01T13:00:00Z',
      checksum: digestOf('one'),
      digests: { 'a.zip': digestOf('one') },
      gone: '2026-06-01T14:00:00Z',
    });
    expect(Object.keys(sources['gitea']?.attachments ?? {})).toHaveLength(1);
  });

  test('is removed where the registry says that it is gone', async () => {
    const world = await startWorld();
    world.push('redis-taskserv', '1.0.0', { 'a.zip': 'one' });
    world.push('redis-taskserv', '1.1.0', { 'a.zip': 'two' });
    await world.run();
    world.oci.deleteTag('acme/redis-taskserv', '1.0.0');
    expect((await world.run()).problems).toEqual([]);
    expect(await versionsIn(world, 'taskserv/redis')).toEqual(['1.1.0']);
  });

  test.each([
    ['answers 500', { kind: 'status', status: 500 }],
    ['does not answer', { kind: 'reset' }],
    ['answers with a login page', { kind: 'garbage' }],
  ] as const)('stays, as a problem, where asking %s', async (_how, fault) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    hideFromList(world, '1.0.0');
    world.gitea.misbehave({ match: /\/releases\/\d+$/, fault });
    expect(problemsOf(await world.run())).toEqual(['read_failed provider/aws@1.0.0']);
    expect(await versionsIn(world)).toEqual(['1.1.0', '1.0.0']);
    world.gitea.heal();
    expect((await world.run()).problems).toEqual([]);
  });

  test.each([
    ['answers 500', { kind: 'status', status: 500 }],
    ['answers with a login page', { kind: 'garbage' }],
    ['answers other bytes than their digest says', { kind: 'wrongBytes' }],
  ] as const)('stays, as a problem, where asking the registry %s', async (_how, fault) => {
    const world = await startWorld();
    for (const tag of ['1.0.0', '1.1.0']) world.push('redis-taskserv', tag, { 'a.zip': tag });
    await world.run();
    const withoutFirst = (body: unknown) => ({ ...(body as object), tags: ['1.1.0'] });
    world.oci.misbehave({ match: /\/tags\/list$/, fault: { kind: 'replaceJson', replace: withoutFirst } });
    world.oci.misbehave({ match: /\/manifests\/1\.0\.0$/, fault });
    expect(problemsOf(await world.run())).toEqual(['read_failed taskserv/redis@1.0.0']);
    expect(await versionsIn(world, 'taskserv/redis')).toEqual(['1.1.0', '1.0.0']);
  });

  test('that cannot be asked about before the deadline makes the source fail', async () => {
    const world = await startWorld({ indexer: { deadlineSeconds: 0.3 } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    hideFromList(world, '1.0.0');
    world.gitea.misbehave({ match: /\/releases\/\d+$/, fault: { kind: 'hang' } });
    expect((await world.run()).outcomes[0]?.failure?.code).toBe('timeout');
    expect(await versionsIn(world)).toEqual(['1.1.0', '1.0.0']);
  });

  test('because its tag was changed is listed once, under the new one', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    world.gitea.renameRepository('acme', 'aws_prov', 'aws_prov').releases[0]!.tag = '1.0.1';
    expect((await world.run()).problems).toEqual([]);
    expect(await world.versions(AWS)).toMatchObject([
      { version: '1.0.1', sources: ['gitea'], assets: [{ locations: [{ source: 'gitea' }] }] },
    ]);
  });

  test('goes with its whole repository', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    world.release('gcp_prov', { '1.0.0': { 'a.zip': 'gcp' } });
    await world.run();
    world.gitea.removeRepository('acme', 'aws_prov');
    expect((await world.run()).published).toMatchObject({ removed: 4 });
    expect((await world.items()).map((each) => each.name)).toEqual(['gcp']);
  });

  test('goes when its repository is given to another organization', async () => {
    const world = await startWorld({ gitea: { organizations: ['acme', 'other'] } });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    world.gitea.transfer('acme', 'aws_prov', 'other');
    expect((await world.run()).problems).toEqual([]);
    expect(await world.items()).toEqual([]);
  });

  test('follows its repository to its new name', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    world.gitea.forget();
    world.gitea.renameRepository('acme', 'aws_prov', 'amazon_prov');
    await world.run();
    expect((await world.items()).map((each) => each.name)).toEqual(['amazon']);
    expect(world.attachmentRequests()).toBe(0);
  });
});

describe('a version that comes back after it was removed', () => {
  test('with the same bytes was first seen when it was', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.0.0');
    await world.run();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    expect((await world.run()).problems).toEqual([]);
    expect((await world.versions(AWS))[1]).toMatchObject({ version: '1.0.0', first_seen: '2026-06-01T13:00:00Z' });
    expect((await world.memory()).versions[AWS]?.['1.0.0']).not.toHaveProperty('gone');
  });

  test.each([
    ['under the same name', 'a.zip'],
    ['under another name', 'aws_prov.tar.gz'],
  ])('with other bytes %s is kept out as mutated', async (_how, name) => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
    await world.run();
    world.gitea.removeRelease('acme', 'aws_prov', '1.0.0');
    await world.run();
    world.release('aws_prov', { '1.0.0': { [name]: 'other' } });
    expect(problemsOf(await world.run())).toEqual(['mutated provider/aws@1.0.0']);
    expect(await versionsIn(world)).toEqual(['1.1.0']);
  });
});

describe('what is not about bytes', () => {
  test('is taken from the newest listing', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    const repository = world.gitea.renameRepository('acme', 'aws_prov', 'aws_prov');
    repository.description = 'Changed';
    repository.archived = true;
    repository.releases[0]!.body = 'New notes';
    await world.run();
    expect(await world.extension(AWS)).toMatchObject({ description: 'Changed', archived: true });
    expect(await world.notes(AWS)).toMatchObject([{ notes: 'New notes' }]);
  });
});
