import type { Network } from '../../indexer/http/network.ts';
import type { RetryPolicy } from '../../indexer/http/retry.ts';
import type { Digest } from '../../indexer/model/digest.ts';
import type { ExtensionDocument, Held, Item, PointerSource, VersionEntry } from '../../indexer/model/documents.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import type { SearchRequest } from '../../indexer/site/search/open-search.ts';

/*
 * What the client knows of one registry: its site, read as files, and its proxy, which sends the bytes. Made by
 * `openRegistry`. Every function throws `RegistryError`; texts in what it answers were written by strangers.
 */

export interface RegistryOptions {
  /** URLs or folders of one site's `v1`: the first that answers is used, the others are its mirrors. */
  sites: readonly string[];
  /** Base URL of the proxy; without it the pointer's `downloads`, else the site's origin. */
  proxy?: string;
  /** Sent to the proxy's origin only. */
  credential?: Credential;
  /** Absolute. */
  cacheFolder: string;
  /** Asks nobody: answers from what is kept in the cache folder. */
  offline?: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  network?: Network;
  /** The longest wait for a connection, a header, or the next bytes of a body; 30 s without it. */
  timeoutMs?: number;
  retry?: RetryPolicy;
  /** Told of each request when it has been answered, or has failed. */
  onRequest?: (event: RequestEvent) => void;
}

export interface Credential {
  /** `Authorization: Bearer` or `X-API-Key`. */
  kind: 'bearer' | 'api-key';
  value: string;
}

export interface RequestEvent {
  method: 'GET' | 'HEAD';
  /** Without credentials; a file's path for a folder. */
  url: string;
  /** Left out where no answer came. */
  status?: number;
  durationMs: number;
  /** Answered from the cache folder; nobody was asked. */
  fromCache: boolean;
  /** Why no answer came. */
  error?: string;
}

export interface Registry {
  /** Pointer first; generation, ages, which mirror, which proxy. Asked of the network once a process (conditional request). */
  state(): Promise<SiteState>;
  list(): Promise<readonly Item[]>;
  /** The same extensions in the same order with what a table of them shows: a quarter of the list's bytes. */
  overview(filter?: OverviewFilter): Promise<Overview>;
  /** 20 without a limit. An empty text answers the list, filtered. */
  search(request: SearchRequest): Promise<FoundPage>;
  /** @throws RegistryError `not_found` that names near ids */
  extension(id: ExtensionId): Promise<ExtensionDocument>;
  /** Newest first. @throws RegistryError `not_found` that names near ids */
  versions(id: ExtensionId): Promise<readonly VersionEntry[]>;
  /** `type/name`, or a bare name of only one type. @throws RegistryError `not_found` with did-you-mean or candidates */
  identify(text: string): Promise<ExtensionId>;
  /** @throws RegistryError `not_found`, `invalid_version`; `refused` for a version that is too young or yanked */
  resolve(wish: Wish): Promise<Choice>;
  /**
   * The asset's verified bytes as a file in the download cache (never to be changed); resumes what an earlier run left.
   * @throws RegistryError `digest_mismatch`, `not_found`, `refused` and network errors
   */
  fetch(choice: Choice, options?: FetchOptions): Promise<FetchedAsset>;
  /**
   * What newer versions there are, within the range and past it: one for each that has any, in the given order, and
   * none for an extension that the site has not. Nothing new = one conditional request in all.
   */
  updates(of: readonly Installed[]): Promise<readonly Update[]>;
  close(): Promise<void>;
}

export interface SiteState {
  /** The mirror that answered: a folder or URL, without credentials. */
  site: string;
  /** The mirrors before it, and why they were of no use. */
  failures: readonly { site: string; reason: string }[];
  /** Base URL that downloads are asked of; left out where none is known. */
  proxy?: string;
  /** Answered from what was kept: `confirmedAt` says how old that is. */
  offline: boolean;
  generation: number;
  /** RFC 3339: when the generation was made. */
  created: string;
  /** RFC 3339: when a crawl last found it true. */
  checkedAt: string;
  /** RFC 3339: when the site last told us that this is its current generation. */
  confirmedAt: string;
  counts: { extensions: number; versions: number; byType: Record<string, number> };
  sources: readonly PointerSource[];
  /** Set after a rollback. */
  held?: Held;
  /** Why something could not be kept in the cache folder, the first time. */
  cacheFault?: string;
}

/** Which extensions: all that have what is named. */
export interface OverviewFilter {
  type?: string | undefined;
  source?: string | undefined;
  tag?: string | undefined;
}

/** Extensions at their shown versions, in columns: ten thousand objects take longer to make than to read. */
export interface Overview {
  ids: readonly ExtensionId[];
  versions: readonly Version[];
  /** Each one line, without control characters. */
  descriptions: readonly string[];
  /** Rows whose shown version is deprecated. */
  deprecated: ReadonlySet<number>;
  /** Rows of which every version is yanked. */
  yanked: ReadonlySet<number>;
}

export interface FoundPage {
  /** Best first. */
  found: readonly Found[];
  /** How many there are in all. */
  total: number;
  /** False where more may pass the filters than were looked at: above 10,000 extensions. */
  complete: boolean;
}

/** An extension that search found, at its shown version. */
export interface Found {
  id: ExtensionId;
  version: Version;
  description: string;
  author: string;
  tags: readonly string[];
  deprecated: boolean;
  /** Good for comparing within one answer only. */
  score: number;
}

export interface Wish {
  id: ExtensionId;
  /** `latest`, a version or a semver range. */
  range: string;
  /** Prereleases as well; without it only where the range names one. */
  prereleases?: boolean;
  /** Versions that were first seen later than so long ago are refused. */
  minAgeMs?: number;
  /** Chosen before, by the lock file: also when it is yanked. */
  locked?: { version: Version; digest?: Digest };
}

export interface Choice {
  id: ExtensionId;
  entry: VersionEntry;
  /** Sentences for people: deprecated (names the replacement), yanked but locked, a newer one that is too young. */
  warnings: readonly string[];
  site: string;
  generation: number;
}

export interface FetchOptions {
  /** The primary asset without it. */
  asset?: string;
  /** An asset without any digest is refused unless this says so. */
  allowUnverified?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface FetchedAsset {
  /** Absolute; named by its digest, in a folder that others share: read it, never change it. */
  file: string;
  /** A safe file name: `isSafeAssetName`. */
  name: string;
  /** Bytes. */
  size: number;
  digest: Digest;
  fromCache: boolean;
}

export interface Progress {
  /** What an earlier run left counts. */
  receivedBytes: number;
  totalBytes: number;
  phase: 'download' | 'verify' | 'unpack';
}

/** What an update is looked for. */
export interface Installed {
  id: ExtensionId;
  version: Version;
  /** As in a wish. */
  range: string;
}

export interface Update {
  id: ExtensionId;
  current: Version;
  /** The newest that the range admits, where it is newer than the current. */
  within?: VersionEntry;
  /** The newest of all, where it is newer still and past the range. */
  beyond?: VersionEntry;
}
