import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../indexer/config/policy.ts';
import { digestOf } from '../indexer/model/digest.ts';
import { v1Of } from './builders.ts';
import { startWorld, type World } from './crawl/world.ts';
import { ask, both, crawledWorld, reasonOf, stepsOf } from './explain-ask.ts';

const AWS = 'provider/aws';

describe('an extension that is listed', () => {
  test.each([AWS, `${AWS}@1.0.0`, `${AWS}@v1.1.0`, 'aws_prov', 'acme/aws_prov', 'ACME/aws_prov', 'aws-provider'])(
    'is explained as such for %s, live and from the site',
    async (subject) => {
      const world = await crawledWorld();
      for (const each of await both(world, subject)) {
        expect(each).toMatchObject({ subject, extension: AWS, listed: true, generation: 1 });
        expect(each).not.toHaveProperty('because');
        expect(each.sources.flatMap(({ steps }) => steps).filter(({ verdict }) => verdict === 'failed')).toEqual([]);
      }
    },
  );

  test('has every rule in its order', async () => {
    const world = await crawledWorld();
    const { sources, together } = await ask(world, AWS, true);
    expect(sources.map(({ name, kind, repository }) => [name, kind, repository])).toEqual([
      ['gitea', 'gitea', 'acme/aws_prov'],
      ['oci', 'oci', 'acme/aws-provider'],
    ]);
    const rules = [
      'source',
      'place',
      'name',
      'repository',
      'flags',
      'releases',
      'tags',
      'assets',
      'primary',
      'digests',
    ];
    expect(sources[0]?.steps.map(({ rule }) => rule)).toEqual(rules);
    expect(sources[1]?.steps.map(({ rule }) => rule)).toEqual(rules.filter((each) => each !== 'flags'));
    expect(together.map(({ rule }) => rule)).toEqual(['ownership', 'merging', 'policy', 'shown', 'published']);
  });

  test('tells which version is shown, and where it is', async () => {
    const world = await crawledWorld();
    world.release('aws_prov', { '2.0.0-rc.1': { 'a.zip': 'candidate' } });
    const newest = await ask(world, AWS, true);
    expect(stepsOf(newest, 'shown')).toEqual([
      'passed: 1.1.0 is shown: the highest stable version that is not yanked.',
    ]);
    expect(stepsOf(newest, 'merging')).toEqual(['passed: 1.1.0 is of gitea.']);
    expect(stepsOf(await ask(world, `${AWS}@1.0.0`, true), 'merging')).toEqual([
      'passed: 1.0.0 is the same at gitea and oci.',
    ]);
    expect(stepsOf(await ask(world, `${AWS}@2.0.0-rc.1`, true), 'shown')).toEqual([
      'note: 1.1.0 is shown: the highest stable version that is not yanked. 2.0.0-rc.1 is a prerelease, and downloads all the same.',
    ]);
  });

  test('tells what the policy says of it', async () => {
    const world = await crawledWorld();
    world.config.policy = parsePolicy('[[yank]]\nmatch = "provider/aws"\nreason = "It leaks."\n').rules;
    await world.run();
    const explanation = await ask(world, `${AWS}@1.0.0`, false);
    expect(explanation.listed).toBe(true);
    expect(stepsOf(explanation, 'policy')).toEqual(['note: The rule to yank provider/aws: It leaks.']);
    expect(stepsOf(explanation, 'shown')).toEqual([
      expect.stringContaining('though yanked: every version is, so no search finds it. 1.0.0 is yanked'),
    ]);
  });

  test('tells of its other versions what keeps them out', async () => {
    const world = await crawledWorld();
    world.release('aws_prov', { '1.2.0': {}, nightly: { 'a.zip': 'x' } });
    for (const each of [await ask(world, AWS, true), (await world.run(), await ask(world, AWS, false))]) {
      expect(each.listed).toBe(true);
      expect(stepsOf(each, 'assets', 'gitea')).toEqual([expect.stringMatching(/^failed: 1\.2\.0: The release has no/)]);
      expect(stepsOf(each, 'tags', 'gitea')).toEqual([expect.stringMatching(/^failed: "nightly" is not/)]);
      expect(stepsOf(each, 'tags', 'oci')).toEqual(['passed: Versions: 1.0.0.']);
    }
  });
});

describe('a version that is asked for', () => {
  test('is told its own problems and none of another', async () => {
    const world = await crawledWorld();
    world.release('aws_prov', { '1.2.0': {}, '1.3.0': { '..': 'x', 'a.zip': 'three' } });
    await world.run();
    for (const each of await both(world, `${AWS}@1.3.0`)) {
      expect(each.listed).toBe(true);
      expect(stepsOf(each, 'assets', 'gitea')).toEqual([
        'note: 1.3.0: The asset ".." is dropped: not a safe file name.',
      ]);
      expect(stepsOf(each, 'tags', 'oci')).toEqual(['passed: Versions: 1.0.0.']);
      expect(stepsOf(each, 'releases', 'oci').at(-1)).toMatch(/^note: oci ha[sd] no release 1\.3\.0 of it/);
    }
    for (const each of await both(world, `${AWS}@1.2.0`))
      expect(reasonOf(each)).toMatch(/^assets: 1\.2\.0: The release/);
  });

  test('that is gone is told since when', async () => {
    const world = await crawledWorld();
    world.gitea.removeRelease('acme', 'aws_prov', '1.1.0');
    await world.run();
    for (const each of await both(world, `${AWS}@1.1.0`)) {
      expect(reasonOf(each)).toMatch(/^releases: \w+ ha[sd] no release 1\.1\.0/);
      expect(stepsOf(each, 'releases')).toEqual([
        'note: It was listed before: 1.1.0, first seen at 2026-06-01T13:00:00Z, is gone since 2026-06-01T14:00:00Z.',
      ]);
    }
  });

  test('whose files were replaced is listed with the first ones, and told so', async () => {
    const world = await crawledWorld();
    world.gitea.replaceAsset('acme', 'aws_prov', { tag: '1.1.0', name: 'a.zip', content: 'other' });
    await world.run();
    for (const each of await both(world, `${AWS}@1.1.0`)) {
      expect(each.listed).toBe(true);
      const [digests] = stepsOf(each, 'digests', 'gitea');
      expect(digests).toMatch(/^note: 1\.1\.0: The asset a\.zip is now /);
      for (const content of ['two', 'other']) expect(digests).toContain(digestOf(content));
    }
  });

  test('that came back with other bytes is kept out, and told why', async () => {
    const world = await crawledWorld();
    world.gitea.removeRelease('acme', 'aws_prov', '1.1.0');
    await world.run();
    world.release('aws_prov', { '1.1.0': { 'a.zip': 'other' } });
    await world.run();
    for (const each of await both(world, `${AWS}@1.1.0`)) {
      expect(reasonOf(each)).toMatch(/^digests: 1\.1\.0: The asset a\.zip is now .* -> Never replace the files/);
    }
  });

  test('that another source has with other bytes is told the conflict', async () => {
    const world = await crawledWorld();
    world.push('aws-provider', '1.1.0', { 'a.zip': 'not two' });
    await world.run();
    for (const each of await both(world, `${AWS}@1.1.0`)) {
      expect(each.listed).toBe(true);
      expect(stepsOf(each, 'merging')).toEqual([
        expect.stringMatching(
          /^failed: 1\.1\.0: Its primary asset is sha256:.*; at gitea, whose version is listed, it is/,
        ),
      ]);
    }
  });
});

describe('a repository that changed since', () => {
  test.each([
    [
      'was renamed',
      (world: World) => void world.gitea.renameRepository('acme', 'aws_prov', 'amazon_prov'),
      /^repository: acme\/aws_prov was renamed to amazon_prov, which means provider\/amazon\./,
    ],
    [
      'was transferred',
      (world: World) => {
        world.gitea.addOrganization({ name: 'other' });
        world.gitea.transfer('acme', 'aws_prov', 'other');
      },
      /^repository: acme\/aws_prov was transferred and is other\/aws_prov now\. -> Transfer it back/,
    ],
    [
      'has only a draft left',
      (world: World) => {
        for (const each of world.gitea.renameRepository('acme', 'aws_prov', 'aws_prov').releases) each.draft = true;
      },
      /^releases: It has no (?:published )?release/,
    ],
    [
      'is gone',
      (world: World) => world.gitea.removeRepository('acme', 'aws_prov'),
      /^repository: acme has no repository aws_prov/,
    ],
  ])('and %s is told so, and that the site has it until the next crawl', async (_how, change, reason) => {
    const world = await startWorld({ order: ['gitea'] });
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await world.run();
    change(world);
    const live = await ask(world, AWS, true);
    expect(reasonOf(live)).toMatch(reason);
    expect(stepsOf(live, 'published')).toEqual(['note: The site of 2026-06-01T13:00:00Z has it.']);
    expect(reasonOf(await ask(world, AWS, false))).toBe('listed');
  });

  test('by a new release is told that the site does not have it yet', async () => {
    const world = await crawledWorld();
    world.release('aws_prov', { '1.2.0': { 'a.zip': 'three' } });
    const live = await ask(world, `${AWS}@1.2.0`, true);
    expect(live.listed).toBe(true);
    expect(stepsOf(live, 'published')).toEqual(['note: The site of 2026-06-01T13:00:00Z does not have it yet.']);
    expect(stepsOf(live, 'digests', 'gitea')).toEqual([
      expect.stringMatching(/^passed: 1 of 3 files are not read yet/),
    ]);
    expect(world.attachmentRequests()).toBe(2);
    const recalled = await ask(world, `${AWS}@1.2.0`, false);
    expect(recalled.because).toEqual({
      rule: 'releases',
      verdict: 'unknown',
      detail: 'gitea had no release 1.2.0 of it when it was last read; it may have one since.',
      remedy: 'Wait for the next crawl, or ask now with --live.',
    });
  });
});

describe('a site that a rollback holds', () => {
  test('is told as what keeps out what was published since', async () => {
    const world = await crawledWorld();
    const pointer = await world.pointer();
    const held = { since: '2026-06-01T18:00:00Z', generation: 1 };
    await writeFile(join(v1Of(world.config), 'index.json'), JSON.stringify({ ...pointer, held }));
    world.release('aws_prov', { '1.2.0': { 'a.zip': 'three' } });
    const live = await ask(world, `${AWS}@1.2.0`, true);
    expect(live.together.at(-1)).toEqual({
      rule: 'published',
      verdict: 'note',
      detail: 'The site is held since 2026-06-01T18:00:00Z as it was in generation 1, and does not have it yet.',
      remedy: 'Let the operator run resume; the next crawl then lists it.',
    });
  });
});

describe('where nothing is published', () => {
  test('the site cannot be asked, and the backends can', async () => {
    const world = await startWorld();
    world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' } });
    await expect(ask(world, AWS, false)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^No site is published in .* --live\.$/),
    });
    const live = await ask(world, AWS, true);
    expect(live).toMatchObject({ listed: true, live: true, as_of: '2026-06-01T21:00:00Z' });
    expect(live).not.toHaveProperty('generation');
    expect(stepsOf(live, 'published')).toEqual(['unknown: No site is published yet.']);
  });
});
