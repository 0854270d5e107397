import type { Readable } from 'node:stream';
import type { HttpCounts } from '../http/client.ts';
import type { OnSend } from '../http/exchange.ts';
import type { Network } from '../http/network.ts';
import type { RetryPolicy } from '../http/retry.ts';
import type { ExtensionId, ExtensionTypes } from '../model/extension.ts';
import type { Location } from '../model/location.ts';
import type { Finding } from '../model/problem.ts';
import type { Release } from '../model/release.ts';

/** What every kind of source is made with, beside its configuration. */
export interface SourceDependencies {
  types: ExtensionTypes;
  /** Requests at once. */
  concurrency: number;
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  /** Milliseconds since 1970: how long a token still lives. */
  now: () => number;
  retry?: RetryPolicy;
  network?: Network;
  /** Told of each request as it goes out. */
  onSend?: OnSend;
}

/** Everything that one source shows at one time. */
export interface Listing {
  releases: Release[];
  findings: Finding[];
}

/** A repository that may have releases, as the source's list tells of it. */
export interface ListedRepository {
  /** Its full name at the source. */
  name: string;
  id: ExtensionId;
  /** A hash of what the list says of it, which changes with it; left out where it says nothing. */
  seen?: string;
}

/** What an earlier crawl found in a repository. */
export interface Earlier {
  listing: Listing;
  /** Whether it must be read again. */
  due: boolean;
}

/** A repository that was found, and what there is in it. */
export interface Looked extends ListedRepository {
  listing: Listing | 'failed';
  /** What is known of it was left as it is: it was not due, and its listing has only what a list shows to be new. */
  isLeft?: true;
}

export interface SourceListing extends Listing {
  looked: Looked[];
}

export interface ListOptions {
  signal: AbortSignal;
  /** What is known of each of the repositories that were found; each is read as a whole without it. */
  plan?: (repositories: readonly ListedRepository[]) => ReadonlyMap<string, Earlier>;
  /** Called whenever more is known: repositories read, of how many, and releases found so far. */
  onProgress?: (progress: ListProgress) => void;
}

export interface ListProgress {
  repositories: number;
  ofRepositories: number;
  releases: number;
}

export interface OpenOptions {
  signal: AbortSignal;
  /** First and last byte, both included, within the asset. */
  range?: { first: number; last: number };
  /** Tries in all before the first byte; the source's own policy without it. */
  tries?: number;
}

/** An asset's bytes on their way. */
export interface OpenedAsset {
  /** Whether the range was honoured; where not, the bytes start at 0. */
  partial: boolean;
  /** What the backend announces, in bytes. */
  size?: number;
  /** Must be consumed or destroyed; destroying it gives up the backend's connection. */
  body: Readable;
}

/** What is asked about: an extension, or a repository by its name, with or without its owner or namespace. */
export type Wanted = { id: ExtensionId } | { repository: string };

/** A rule of a source about one repository, and what came of it. They are applied in this order. */
export interface Check {
  rule: 'place' | 'name' | 'repository' | 'spelling' | 'flags' | 'releases';
  passed: boolean;
  /** What was found. */
  detail: string;
  /** What its publisher or the operator can do where it keeps the repository out. */
  remedy?: string;
}

/** What a source makes of a name alone. */
export interface Candidate {
  /** Its full name at the source, as it would be asked for. */
  repository: string;
  /** Undefined where its place or its name keeps it out. */
  id?: ExtensionId;
  checks: Check[];
}

/** What a source finds in one repository, looked at as a crawl does. */
export interface Examination {
  /** After those of the candidate; the last one has failed where there is no listing. */
  checks: Check[];
  /** What a crawl would get from it. */
  listing?: Listing;
}

/**
 * One configured upstream. A new kind of source is one folder behind this interface and one line in
 * `create-source.ts`.
 */
export interface Source {
  readonly name: string;
  readonly kind: string;
  readonly counts: HttpCounts;
  /** Set where TLS is spoken and the certificate is not checked. */
  readonly tls?: 'unverified';
  /** @throws RegistryError when the source as a whole cannot be believed; a bad release is a finding. */
  fetchListing(options: ListOptions): Promise<SourceListing>;
  /** Asks once more for a release that a listing no longer has; undefined when it is gone or no longer to be listed. */
  fetchRelease(release: Release, signal: AbortSignal): Promise<Release | undefined>;
  openAsset(location: Location, options: OpenOptions): Promise<OpenedAsset>;
  /** What a name means here, without asking anybody. */
  nameCandidate(wanted: Wanted): Candidate;
  /** Asks for one repository whose name is an extension's. @throws RegistryError when the source cannot be believed */
  examine(candidate: Candidate & { id: ExtensionId }, signal: AbortSignal): Promise<Examination>;
  /** @throws RegistryError that says what is wrong with the backend or our access to it */
  checkHealth(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
