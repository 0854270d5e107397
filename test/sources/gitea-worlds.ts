import { onTestFinished } from 'vitest';
import type { GiteaSource } from '../../indexer/model/source-config.ts';
import type { Source } from '../../indexer/sources/source.ts';
import { giteaConfig } from '../builders.ts';
import { startFakeGitea, type FakeGitea, type FakeGiteaOptions, type RepositorySpec } from '../fakes/gitea.ts';
import { openSource } from './open-source.ts';

/** With the organization `acme`; its links and URLs name another host than the one that is asked. */
export async function startGitea(options: FakeGiteaOptions = {}): Promise<FakeGitea> {
  const gitea = await startFakeGitea({ organizations: ['acme'], ...options });
  onTestFinished(() => gitea.close());
  return gitea;
}

/** A repository with the release 1.0.0 of one asset. */
export function addExtension(gitea: FakeGitea, repository: RepositorySpec): void {
  gitea.addRepository('acme', repository);
  gitea.addRelease('acme', repository.name, {
    tag: '1.0.0',
    assets: [{ name: 'plugin.tar.gz', content: repository.name }],
  });
}

export function sourceOf(gitea: FakeGitea, overrides: Partial<GiteaSource> = {}): Source {
  return openSource(giteaConfig(gitea.url, overrides));
}

/** Path and query of the requests so far that fit. */
export function asked(gitea: FakeGitea, pattern: RegExp): string[] {
  return gitea.requests.map((each) => `${each.path}?${each.query.toString()}`).filter((each) => pattern.test(each));
}
