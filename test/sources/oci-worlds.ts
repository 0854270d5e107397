import { onTestFinished } from 'vitest';
import type { OciSource } from '../../indexer/model/source-config.ts';
import type { Source } from '../../indexer/sources/source.ts';
import { ociConfig } from '../builders.ts';
import { startFakeOci, type FakeOci, type FakeOciOptions } from '../fakes/oci.ts';
import { openSource } from './open-source.ts';

export async function startOci(options: FakeOciOptions = {}): Promise<FakeOci> {
  const oci = await startFakeOci(options);
  onTestFinished(() => oci.close());
  return oci;
}

/** An artifact of one file under each tag. */
export function pushExtension(oci: FakeOci, repository: string, ...tags: readonly string[]): void {
  for (const tag of tags) {
    oci.pushArtifact(repository, tag, { layers: [{ title: 'plugin.tar.gz', content: `${repository} ${tag}` }] });
  }
}

export function sourceOf(oci: FakeOci, overrides: Partial<OciSource> = {}, now?: () => number): Source {
  return openSource(ociConfig(oci.url, overrides), now);
}

/** Path and query of the requests so far that fit. */
export function asked(oci: Pick<FakeOci, 'requests'>, pattern: RegExp): string[] {
  return oci.requests.map((each) => `${each.path}?${each.query.toString()}`).filter((each) => pattern.test(each));
}
