import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import type { Network } from '../../indexer/http/network.ts';
import { BUILT_IN_TYPES } from '../../indexer/model/extension.ts';
import type { Location } from '../../indexer/model/location.ts';
import type { SourceConfig } from '../../indexer/model/source-config.ts';
import { createSource } from '../../indexer/sources/create-source.ts';
import type { Listing, Source } from '../../indexer/sources/source.ts';

export const CONCURRENCY = 2;

/** A source as in production but for the pauses between tries. */
export function openSource(config: SourceConfig, now: () => number = Date.now, network: Network = {}): Source {
  const retry = { tries: 3, baseDelayMs: 1, maxDelayMs: 20 };
  const dependencies = { types: BUILT_IN_TYPES, concurrency: CONCURRENCY, random: () => 0.5, now, retry, network };
  const source = createSource(config, dependencies);
  onTestFinished(() => source.close());
  return source;
}

/** With a limit, so that a connection that is not given back is a failure and not a wait. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(15_000);
}

export async function list(source: Source): Promise<Listing> {
  const { releases, findings } = await source.fetchListing({ signal: soon() });
  return { releases, findings };
}

/** `type/name@version` of all releases, in the listing's order. */
export function versionsOf({ releases }: Listing): string[] {
  return releases.map((each) => `${each.id}@${each.version}`);
}

/** All that an error says, its causes included. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.stack} ${wordsOf(error.cause)}` : String(error);
}

export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.unreachable(`it should fail and gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

export async function bytesAt(source: Source, location: Location): Promise<Buffer> {
  return buffer((await source.openAsset(location, { signal: soon() })).body);
}

/** The codes of all findings, sorted. */
export function codesOf({ findings }: Listing): string[] {
  return findings.map((each) => each.code).toSorted();
}
