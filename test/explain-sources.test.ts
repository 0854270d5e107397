import { describe, expect, test } from 'vitest';
import { startWorld } from './crawl/world.ts';
import { ask, both, crawledWorld, reasonOf, stepsOf } from './explain-ask.ts';

const AWS = 'provider/aws';

describe('a source that fails', () => {
  test('is told with since when and why, and what it gave is listed', async () => {
    const world = await crawledWorld();
    world.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 500 } });
    await world.run();
    const [live, recalled] = await both(world, AWS);
    expect(stepsOf(live!, 'source', 'gitea')).toEqual([expect.stringMatching(/^note: .*500/)]);
    expect(stepsOf(recalled!, 'source', 'gitea')).toEqual([
      expect.stringMatching(/^note: gitea could not be read since 2026-06-01T14:00:00Z; .* stands\. .*500/),
    ]);
    expect([live!.listed, recalled!.listed]).toEqual([true, true]);
  });

  test('is the reason for what no crawl could read', async () => {
    const world = await startWorld();
    world.push('redis-taskserv', '7.0.0', { 'a.zip': 'redis' });
    world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
    await world.run();
    const [live, recalled] = await both(world, AWS);
    expect(stepsOf(live!, 'source', 'gitea')).toEqual([expect.stringMatching(/^failed: gitea/)]);
    expect(stepsOf(recalled!, 'source', 'gitea')).toEqual([
      expect.stringMatching(/^failed: gitea could not be read since/),
    ]);
    expect(recalled!.listed).toBe(false);
  });

  test('is the reason, live, where the others have nothing of what was asked', async () => {
    const world = await crawledWorld();
    world.oci.misbehave({ match: /./, fault: { kind: 'reset' } });
    const version = await ask(world, `${AWS}@4.0.0`, true);
    expect(version.because).toMatchObject({ rule: 'source', verdict: 'failed', detail: expect.stringMatching(/^oci/) });
    expect(stepsOf(version, 'releases', 'gitea').at(-1)).toBe('failed: gitea has no release 4.0.0 of it.');
    expect(stepsOf(version, 'releases', 'oci')).toEqual([
      'unknown: Whether oci has a release 4.0.0 of it is not known while it cannot be read.',
    ]);
    const extension = await ask(world, 'provider/new', true);
    expect(extension.because).toMatchObject({ rule: 'source', detail: expect.stringMatching(/^oci/) });
    expect(stepsOf(extension, 'repository', 'gitea')).toEqual([
      expect.stringMatching(/^failed: acme has no repository/),
    ]);
    expect(stepsOf(extension, 'repository', 'oci')).toEqual([
      'unknown: Whether acme/new-provider is there is not known while oci cannot be read.',
    ]);
  });

  test('is not the reason, live, where another has what was asked and something keeps it out', async () => {
    const world = await crawledWorld();
    world.release('aws_prov', { '1.2.0': {} });
    world.gitea.addRepository('acme', { name: 'gcp_prov', fork: true });
    world.oci.misbehave({ match: /./, fault: { kind: 'reset' } });
    expect(reasonOf(await ask(world, `${AWS}@1.2.0`, true))).toMatch(/^assets: 1\.2\.0: The release has no asset/);
    expect(reasonOf(await ask(world, 'provider/gcp', true))).toMatch(/^flags: It is a fork/);
  });

  test('is the reason, live, though another has other versions that it may not add', async () => {
    const world = await startWorld();
    world.push('aws-provider', '1.0.0', { 'a.zip': 'one' });
    world.config.sources[0]!.owns = ['provider/*'];
    await world.run();
    world.gitea.misbehave({ match: /./, fault: { kind: 'reset' } });
    expect(reasonOf(await ask(world, `${AWS}@4.0.0`, true))).toMatch(/^source: gitea/);
    expect(reasonOf(await ask(world, `${AWS}@1.0.0`, true))).toMatch(
      /^ownership: 1 version\(s\) of oci are not listed/,
    );
  });

  test('never costs the answer of another', async () => {
    const world = await crawledWorld();
    world.oci.misbehave({ match: /./, fault: { kind: 'reset' } });
    expect(stepsOf(await ask(world, AWS, true), 'repository', 'gitea')).toEqual([
      'passed: acme/aws_prov is there and shown to us.',
    ]);
  });
});
