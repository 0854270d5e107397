import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { buildSite, type BuildDependencies, type BuildReport } from '../indexer/build-site.ts';
import type { Config, GiteaSource, OciSource, SourceConfig } from '../indexer/config/config.ts';
import { BUILT_IN_TYPES } from '../indexer/model/extension.ts';
import { createFolderStorage } from '../indexer/storage/folder.ts';

/*
 * Values that are valid by default; a test names only what it is about. The clock stands still at noon and is moved by
 * hand, so that two runs differ by what the test did.
 */

export const NOON = Date.UTC(2026, 5, 1, 12);

export function giteaConfig(url: string, overrides: Partial<GiteaSource> = {}): GiteaSource {
  return {
    kind: 'gitea',
    name: 'gitea',
    base: new URL(`${url}/`),
    organization: 'acme',
    priority: 0,
    owns: [],
    timeoutMs: 2_000,
    verifyTls: true,
    includePrivate: false,
    includeForks: false,
    ...overrides,
  };
}

export function ociConfig(url: string, overrides: Partial<OciSource> = {}): OciSource {
  return {
    kind: 'oci',
    name: 'oci',
    base: new URL(`${url}/`),
    namespace: 'acme',
    priority: 0,
    owns: [],
    timeoutMs: 2_000,
    verifyTls: true,
    ...overrides,
  };
}

export function configOf(sitePath: string, sources: SourceConfig[], indexer: Partial<Config['indexer']> = {}): Config {
  return {
    server: { host: '127.0.0.1', port: 0, workers: 1, corsOrigins: ['*'], enableCompression: true },
    sources,
    cache: { capacity: 1_000, ttlSeconds: 300, enableMetadataCache: true, enableListCache: true },
    types: BUILT_IN_TYPES,
    site: { path: sitePath, keepGenerations: 5, badges: false },
    policy: [],
    indexer: {
      concurrency: 4,
      digests: 'all',
      deadlineSeconds: 20,
      recentSeconds: 86_400,
      lookAgainSeconds: 604_800,
      maxLossPercent: 10,
      maxAgeSeconds: 86_400,
      ...indexer,
    },
  };
}

/** A folder of its own that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  // Again where a process that was just killed has ended a last write in between.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

let temporaryNames = 0;

/** The site's `v1` below its folder. */
export function v1Of(config: Config): string {
  return join(config.site.path, 'api', 'v1');
}

/** One run of the indexer's own code; retries are quick, everything else is as in production. */
export function runIndexer(config: Config, overrides: Partial<BuildDependencies> = {}): Promise<BuildReport> {
  const now = overrides.now ?? (() => NOON);
  return buildSite(config, {
    storage: createFolderStorage({
      root: v1Of(config),
      now,
      temporaryName: () => `${process.pid}-${(temporaryNames += 1)}`,
    }),
    now,
    random: () => 0.5,
    signal: new AbortController().signal,
    retry: { tries: 3, baseDelayMs: 1, maxDelayMs: 20 },
    ...overrides,
  });
}
