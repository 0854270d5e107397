import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { configOf, giteaConfig, ociConfig, runIndexer, temporaryFolder, v1Of } from '../builders.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { startRawServer } from '../fakes/raw-server.ts';
import { expectValidSite } from './world.ts';

/* What a backend that means harm can do to a whole run: from its answers through memory and documents to the next run. */

const WORDS = ['constructor', '__proto__', 'hasOwnProperty', 'toString'];

test('words that every object knows are names like any other, in documents and in memory', async () => {
  const gitea = await startFakeGitea({ organizations: ['acme'] });
  const oci = await startFakeOci();
  onTestFinished(async () => void (await Promise.all([gitea.close(), oci.close()])));
  for (const name of ['constructor_prov', 'valueof_taskserv', '__proto___prov']) {
    gitea.addRepository('acme', { name, topics: WORDS });
    gitea.addRelease('acme', name, { tag: '1.0.0', assets: WORDS.map((word) => ({ name: word, content: word })) });
  }
  for (const name of ['constructor-cluster', 'tostring-provider']) {
    oci.pushArtifact(`acme/${name}`, '1.0.0', {
      layers: WORDS.map((title) => ({ title, content: `${name} ${title}` })),
    });
  }
  const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url), ociConfig(oci.url)]);
  const first = await runIndexer(config);
  expect(first.outcomes.map((each) => each.failure)).toEqual([undefined, undefined]);
  expect(first.published).toMatchObject({ changed: true, pointer: { counts: { extensions: 4, versions: 4 } } });
  await expectValidSite(config);
  const reader = createFolderReader({ root: v1Of(config) });
  const bytes = await reader.read('extensions/provider/constructor/versions/index.json');
  const [version] = JSON.parse(String(bytes)) as { assets: { name: string; digest?: string }[] }[];
  expect(version!.assets.map((each) => each.name).toSorted()).toEqual(WORDS.toSorted());
  expect(version!.assets.map((each) => each.digest?.slice(0, 7))).toEqual(WORDS.map(() => 'sha256:'));

  const second = await runIndexer(config);
  expect(second.published).toMatchObject({ changed: false });
  expect(second.outcomes.map((each) => each.counts.assets_read)).toEqual([0, 0]);

  gitea.replaceAsset('acme', 'constructor_prov', { tag: '1.0.0', name: '__proto__', content: 'other bytes' });
  const third = await runIndexer(config);
  expect(third.problems.map((each) => [each.code, each.subject])).toContainEqual([
    'mutated',
    'provider/constructor@1.0.0',
  ]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe('a login page with status 200', () => {
  test('instead of an asset is never taken for its bytes', async () => {
    const gitea = await startFakeGitea({ organizations: ['acme'] });
    onTestFinished(() => gitea.close());
    gitea.addRepository('acme', { name: 'aws_prov' });
    gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets: [{ name: 'aws.tar.gz', content: 'aws' }] });
    const rule = gitea.misbehave({ match: /\/attachments\//, fault: { kind: 'garbage' } });
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url)]);
    const { outcomes, problems } = await runIndexer(config);
    expect(rule.hits).toBeGreaterThan(0);
    expect(outcomes[0]!.memory.attachments).toEqual({});
    expect(problems.map((each) => each.code)).toEqual(['read_failed']);
  });
});

describe('a slow-loris answer', () => {
  test.each([
    { title: 'in its header', head: 'HTTP/1.1 200 OK\r\n', piece: 'X-A: b\r\n' },
    { title: 'in its body', head: 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', piece: ' ' },
  ])('ends with the deadline of its source and delays no other: $title', async ({ head, piece }) => {
    const loris = await startRawServer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(piece), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const oci = await startFakeOci();
    onTestFinished(async () => void (await Promise.all([loris.close(), oci.close()])));
    oci.pushArtifact('acme/aws-provider', '1.0.0', { layers: [{ title: 'aws.tar.gz', content: 'aws' }] });
    const sources = [giteaConfig(loris.url, { timeoutMs: 60_000 }), ociConfig(oci.url)];
    const before = performance.now();
    const config = configOf(await temporaryFolder(), sources, { deadlineSeconds: 1 });
    const { outcomes, published } = await runIndexer(config);
    expect(performance.now() - before).toBeLessThan(4_000);
    expect(outcomes.map((each) => each.failure?.message)).toEqual([
      expect.stringContaining('gitea was not read within 1 s; raise [indexer] deadline_seconds'),
      undefined,
    ]);
    expect(published?.pointer.counts.extensions).toBe(1);
  });
});
