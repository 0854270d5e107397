import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openRegistry } from '../../../cli/registry/open-registry.ts';
import type { Choice, Registry, RegistryOptions, RequestEvent } from '../../../cli/registry/registry.ts';
import { parseDigest, type Digest } from '../../../indexer/model/digest.ts';
import type { AssetEntry, VersionEntry } from '../../../indexer/model/documents.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { NOON, temporaryFolder } from '../../builders.ts';
import { serveContent } from '../../fakes/byte-ranges.ts';
import { startFakeServer, type FakeServer } from '../../fakes/fake-server.ts';

export interface OpenedRegistry extends Registry {
  /** What was asked, in its order. */
  events: RequestEvent[];
  cacheFolder: string;
}

/** A registry as patient as a test; its clock stands at noon, and its cache folder is its own unless another is named. */
export async function open(
  sites: string | string[],
  overrides: Partial<RegistryOptions> = {},
): Promise<OpenedRegistry> {
  const events: RequestEvent[] = [];
  const cacheFolder = overrides.cacheFolder ?? (await temporaryFolder());
  const registry = openRegistry({
    sites: [sites].flat(),
    cacheFolder,
    now: () => NOON,
    random: Math.random,
    timeoutMs: 2_000,
    retry: { tries: 3, baseDelayMs: 1, maxDelayMs: 20 },
    onRequest: (event) => void events.push(event),
    ...overrides,
  });
  onTestFinished(() => registry.close());
  return { ...registry, events, cacheFolder };
}

/** What went to a server or a folder, as `path status`. */
export function askedOf({ events }: OpenedRegistry): string[] {
  return events
    .filter((each) => !each.fromCache)
    .map(({ url, status }) => `${url.replace(/^.*\/v1\//, '')} ${status ?? ''}`.trim());
}

export const idOf = parseExtensionId;

export function entryOf(version: string, overrides: Partial<VersionEntry> = {}): VersionEntry {
  return {
    version: parseVersion(version),
    published_at: '2026-01-01T00:00:00Z',
    first_seen: '2026-01-01T00:00:00Z',
    sources: ['gitea'],
    assets: [],
    ...overrides,
  };
}

export function sha256(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** A server that has one asset, as the proxy sends it, and the choice of that asset. */
export async function serveAsset(
  content: Uint8Array,
  overrides: Partial<AssetEntry> = {},
): Promise<{ server: FakeServer; choice: Choice; digest: Digest }> {
  const digest = overrides.digest ?? sha256(content);
  const path = '/api/v1/extensions/provider/aws/1.0.0/aws.tar.gz';
  const server = await startFakeServer((request) =>
    request.path === path ? serveContent(request, { content, headers: {}, etag: `"${digest}"` }) : undefined,
  );
  onTestFinished(() => server.close());
  const asset: AssetEntry = {
    name: 'aws.tar.gz',
    size: content.length,
    digest,
    media_type: 'application/gzip',
    primary: true,
    download_url: path,
    locations: [],
    ...overrides,
  };
  const entry = entryOf('1.0.0', { assets: [asset] });
  return { server, digest, choice: { id: idOf('provider/aws'), entry, warnings: [], site: 'a site', generation: 1 } };
}

/** The downloads under way, and what is left of broken ones. */
export async function partialsOf(cacheFolder: string): Promise<string[]> {
  return readdir(join(cacheFolder, 'downloads', 'partial')).catch(() => []);
}

/** Nothing that anybody would take for an asset. */
export async function expectNothingTrusted(cacheFolder: string): Promise<void> {
  const folders = await readdir(join(cacheFolder, 'downloads')).catch(() => []);
  expect(folders.filter((each) => each !== 'partial')).toEqual([]);
}
