import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../indexer/config/policy.ts';
import { digestOf } from '../indexer/model/digest.ts';
import { v1Of } from './builders.ts';
import { bytesOf } from './crawl/site-folder.ts';
import { startWorld, type World } from './crawl/world.ts';
import { ask, reasonOf } from './explain-ask.ts';

/** What is asked, of which world, and what the answer must hold: live, and from the crawl of before. */
interface Reason {
  why: string;
  make: (world: World) => void | Promise<void>;
  subject?: string;
  live?: RegExp;
  recalled?: RegExp;
}

const release =
  (repository: string, tag = '1.0.0', files: Record<string, string> = { 'a.zip': 'bytes' }) =>
  (world: World) =>
    world.release(repository, { [tag]: files });
const flagged = (flag: object) => (world: World) => {
  const repository = world.gitea.addRepository('acme', { name: 'aws_prov', ...flag });
  expect(repository).toMatchObject(flag);
  world.gitea.addRelease('acme', 'aws_prov', { tag: '1.0.0', assets: [{ name: 'a.zip', content: 'x' }] });
};
const policy = (toml: string) => (world: World) => {
  world.config.policy = parsePolicy(toml).rules;
  release('aws_prov')(world);
};

const REASONS: Reason[] = [
  {
    why: 'there is no such repository',
    make: () => undefined,
    live: /^repository: acme has no repository aws_prov that is shown to us\. -> Create acme\/aws_prov/,
    recalled: /^repository: Nothing of acme\/aws_prov was seen: .* -> Ask again with --live/,
  },
  {
    why: 'its repository at Gitea has another ending',
    make: release('aws-provider'),
    live: /^spelling: acme has no repository aws_prov that is shown to us, but one named aws-provider, .* -> Rename aws-provider to aws_prov\.$/,
  },
  {
    why: 'its repository at the registry has another ending',
    make: (world) => world.push('aws_prov', '1.0.0', { 'a.zip': 'x' }),
    live: /^spelling: There is no acme\/aws-provider, but there is acme\/aws_prov\. -> Push it to acme\/aws-provider\.$/,
  },
  {
    why: 'it was pushed outside of the namespace',
    make: ({ oci }) => void oci.pushArtifact('aws-provider', '1.0.0', { layers: [{ title: 'a.zip', content: 'x' }] }),
    live: /^spelling: There is no acme\/aws-provider, but there is aws-provider\. -> Push it to acme\/aws-provider\.$/,
  },
  {
    why: 'the repository is written in capitals',
    make: release('AWS_prov'),
    live: /^repository: The repository is called AWS_prov: "AWS" cannot be part .* -> Rename the repository to lower-case/,
  },
  {
    why: 'the repository is private',
    make: (world) => {
      world.gitea.addToken({ token: 'token' });
      world.config.sources[0]!.secret = 'token';
      flagged({ private: true })(world);
    },
    live: /^flags: It is private, and such repositories are passed over\. -> Make it public, or let the operator set include_private: /,
  },
  {
    why: 'the repository is private and not shown to us',
    make: flagged({ private: true }),
    live: /^repository: acme has no repository aws_prov that is shown to us\. -> .* where it is there and private, let our token's user/,
  },
  {
    why: 'the repository is a fork',
    make: flagged({ fork: true }),
    live: /^flags: It is a fork, .* -> Publish in the repository that it was forked from, or .*include_forks\.$/,
  },
  {
    why: 'the repository is a mirror',
    make: flagged({ mirror: true }),
    live: /^flags: It is a mirror, .*include_forks\.$/,
  },
  {
    why: 'the repository is a template',
    make: flagged({ template: true }),
    live: /^flags: It is a template, .*include_forks\.$/,
  },
  {
    why: 'there is no release',
    make: ({ gitea }) => void gitea.addRepository('acme', { name: 'aws_prov' }),
    live: /^releases: It has no release\. -> Make a release: .* A git tag alone is no release\.$/,
  },
  {
    why: 'no tag is a version',
    make: release('aws_prov', 'nightly'),
    live: /^tags: "nightly" is not a semantic version.* -> Tag releases with a semantic version/,
    recalled: /^tags: "nightly" is not a semantic version.* -> Tag releases with a semantic version/,
  },
  {
    why: 'every tag of the registry moves',
    make: (world) => ['latest', '1', 'v1.2'].forEach((tag) => world.push('aws-provider', tag, { 'a.zip': 'x' })),
    live: /^releases: It has only the tags 1, latest, v1\.2\. -> Push it with a version as its tag/,
  },
  {
    why: 'the release has no file',
    make: release('aws_prov', '1.0.0', {}),
    live: /^assets: 1\.0\.0: The release has no asset .* -> Attach at least one file/,
    recalled: /^assets: 1\.0\.0: The release has no asset .* -> Attach at least one file/,
  },
  {
    why: 'no file has a name that can be listed',
    make: release('aws_prov', '1.0.0', { '..': 'x' }),
    live: /^assets: 1\.0\.0: The release has no asset that can be listed/,
    recalled: /^assets: 1\.0\.0: The release has no asset that can be listed/,
  },
  {
    why: 'the manifest is no manifest',
    make: ({ oci }) =>
      void oci.pushRaw('acme/aws-provider', '1.0.0', { bytes: '{"layers":7}', mediaType: 'text/plain' }),
    live: /^assets: 1\.0\.0: .* -> Push the artifact again with a current client/,
    recalled: /^assets: 1\.0\.0: .* -> Push the artifact again with a current client/,
  },
  {
    why: 'the sidecar disagrees',
    make: release('aws_prov', '1.0.0', { 'a.zip': 'x', 'a.zip.sha256': digestOf('other').slice(7) }),
    live: /^digests: 1\.0\.0: The asset a\.zip is sha256:.*, its sidecar says sha256:.* -> Upload the \.sha256 file again/,
    recalled: /^digests: 1\.0\.0: The asset a\.zip is sha256:.*, its sidecar says/,
  },
  {
    why: 'its file cannot be read',
    make: (world) => {
      release('aws_prov')(world);
      world.spoil('aws_prov', '1.0.0', { kind: 'status', status: 404 });
    },
    live: /^digests: 1\.0\.0: The asset a\.zip could not be read: /,
    recalled: /^digests: 1\.0\.0: The asset a\.zip could not be read: .* -> See whether the backend answers/,
  },
  {
    why: 'another source owns its name',
    make: (world) => {
      release('aws_prov')(world);
      world.config.sources[1]!.owns = ['provider/*'];
    },
    live: /^ownership: 1 version\(s\) of gitea are not listed: another source owns this name\. -> Publish this extension at the source that owns/,
    recalled: /^ownership: 1 version\(s\) of gitea are not listed/,
  },
  {
    why: 'the policy hides it',
    make: policy('[[hide]]\nmatch = "provider/aws"\nreason = "A key is in it."\n'),
    live: /^policy: The rule to hide provider\/aws: A key is in it\. -> Let the operator take the rule out/,
    recalled: /^policy: The rule to hide provider\/aws: A key is in it\./,
  },
  {
    why: 'the configuration lists the repositories and not this one',
    make: (world) => {
      world.push('aws-provider', '1.0.0', { 'a.zip': 'x' });
      world.push('redis-taskserv', '1.0.0', { 'a.zip': 'x' });
      Object.assign(world.config.sources[1]!, { repositories: ['redis-taskserv'] });
      world.config.sources.shift();
    },
    live: /^place: Only the 1 repositories of \[oci\] repositories are read, and acme\/aws-provider is not among them\. -> Let the operator add "aws-provider"/,
    recalled: /^place: Only the 1 repositories of \[oci\] repositories are read/,
  },
  {
    why: 'a repository is named that is no extension’s',
    make: release('website'),
    subject: 'website',
    live: /^name: The name website ends in none of .*, so it is taken for no extension\. -> Let its name end so\.$/,
    recalled:
      /^name: The name website ends in none of _prov, _taskserv, _cluster|^name: The name website ends in none of -provider/,
  },
  {
    why: 'a repository is named that was meant as one',
    make: release('redis.taskserv'),
    subject: 'acme/redis.taskserv',
    live: /^name: .* -> (?:Rename it to redis_taskserv|Push it as redis-taskserv)\.$/,
    recalled: /^name: /,
  },
  {
    why: 'a repository of another organization is named',
    make: () => undefined,
    subject: 'other/aws_prov',
    live: /^place: The (?:organization acme is read here, and other is not|namespace acme is read, and other\/aws_prov is not in it)\. -> /,
    recalled: /^place: /,
  },
  {
    why: 'a repository lies too deep',
    make: () => undefined,
    subject: 'acme/team/aws-provider',
    live: /^place: .*(?:deeper than the namespace|acme\/team is not)/,
  },
  {
    why: 'the version that is asked for is no release',
    make: release('aws_prov'),
    subject: 'provider/aws@1.1.0',
    live: /^releases: gitea has no release 1\.1\.0 of it\. -> Publish a release with the tag 1\.1\.0\.$/,
    recalled: /^releases: gitea had no release 1\.1\.0 of it when it was last read; .* -> Wait for the next crawl, or/,
  },
  {
    why: 'the version that is asked for is no release, where another tag is no version',
    make: (world) => {
      release('aws_prov')(world);
      release('aws_prov', 'nightly')(world);
      world.push('aws-provider', 'edge', { 'a.zip': 'x' });
    },
    subject: 'provider/aws@1.1.0',
    live: /^releases: gitea has no release 1\.1\.0 of it/,
    recalled: /^releases: gitea had no release 1\.1\.0 of it/,
  },
  {
    why: 'the version that is asked for is no release of a repository that has only other tags',
    make: release('aws_prov', 'v1.1.0.1'),
    subject: 'provider/aws@1.1.0',
    live: /^releases: gitea has no release 1\.1\.0 of it/,
    recalled: /^releases: gitea had no release 1\.1\.0 of it/,
  },
  {
    why: 'the version that is asked for is meant by a tag that is none',
    make: (world) => {
      release('aws_prov')(world);
      release('aws_prov', 'release-1.1.0')(world);
    },
    subject: 'provider/aws@1.1.0',
    live: /^tags: "release-1\.1\.0" is not a semantic version.* -> Tag releases with a semantic version/,
    recalled: /^tags: "release-1\.1\.0" is not a semantic version/,
  },
];

describe('explain', () => {
  test.each(REASONS.map((each) => [each.why, each] as const))('says that %s', async (_why, reason) => {
    const world = await startWorld();
    await reason.make(world);
    await world.run();
    const before = await bytesOf(v1Of(world.config));
    const subject = reason.subject ?? 'provider/aws';
    const [live, recalled] = [await ask(world, subject, true), await ask(world, subject, false)];
    if (reason.live !== undefined) expect(reasonOf(live)).toMatch(reason.live);
    if (reason.recalled !== undefined) expect(reasonOf(recalled)).toMatch(reason.recalled);
    expect([...world.gitea.unexpected, ...world.oci.unexpected]).toEqual([]);
    expect(await bytesOf(v1Of(world.config))).toEqual(before);
  });
});
