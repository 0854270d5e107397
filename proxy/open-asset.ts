import type { FastifyBaseLogger } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { AssetEntry } from '../indexer/model/documents.ts';
import { codeOf, messageOf, RegistryError } from '../indexer/model/errors.ts';
import type { ExtensionId } from '../indexer/model/extension.ts';
import { locationKey, type Location } from '../indexer/model/location.ts';
import type { Version } from '../indexer/model/version.ts';
import type { OpenedAsset, Source } from '../indexer/sources/source.ts';
import type { ByteRange } from './byte-range.ts';
import { ApiError, backendError } from './error-table.ts';
import { startPatience, type Patience } from './first-byte.ts';
import { readAhead, readWhole } from './read-body.ts';
import type { BodyChunks } from './send-body.ts';
import { checkWhole, cutRange, WrongBytesError, type BodyCheck } from './verified-body.ts';

export interface WantedAsset {
  id: ExtensionId;
  version: Version;
  asset: AssetEntry;
  /** Without it, the whole asset, checked against its digest. */
  range?: ByteRange | undefined;
  /** Where a crawl saw other files under this version; asked when a location has lost them. */
  mutatedAt: () => Promise<ReadonlySet<string>>;
}

export interface AssetOpenerOptions {
  sources: ReadonlyMap<string, Source>;
  /** Milliseconds since 1970. */
  now: () => number;
  onMismatch: () => void;
  /** How long a client waits for the first byte, over all locations. */
  firstByteMs: number;
}

export interface AssetOpener {
  /**
   * The bytes from the first location that gives them, in the index's order. When this resolves, the first ones are
   * there; an error of the iteration afterwards means that what was sent is not the asset.
   * @throws ApiError, or the reason for which it was given up
   */
  open(wanted: WantedAsset, context: OpenContext): Promise<BodyChunks>;
}

export interface OpenContext {
  /** Aborted by the caller when nobody waits any more, and by the opener when the first byte is too late. */
  giveUp: AbortController;
  log: FastifyBaseLogger;
}

/** How long a location whose bytes failed the digest is not asked again. */
const DISTRUST_MS = 10 * 60 * 1_000;
const MAX_DISTRUSTED = 10_000;
/** Up to this size a body is held whole, so that wrong bytes can still become another location's or a clean error. */
const HELD_WHOLE_BYTES = 1024 * 1024;

interface Failure {
  location: Location;
  kind: string;
  error: unknown;
}

export function createAssetOpener(options: AssetOpenerOptions): AssetOpener {
  const distrusted = new LRUCache<string, true>({
    max: MAX_DISTRUSTED,
    ttl: DISTRUST_MS,
    ttlResolution: 0,
    perf: { now: options.now },
  });

  const openAnywhere = async (
    wanted: WantedAsset,
    { giveUp: { signal }, log }: OpenContext,
    patience: Patience,
  ): Promise<BodyChunks> => {
    const { locations } = wanted.asset;
    const trusted = locations.filter((each) => !distrusted.has(trustKey(wanted, each)));
    const failures: Failure[] = [];
    const hasLeft = (): boolean => signal.aborted && !patience.isOver();
    for (const location of trusted) {
      const source = options.sources.get(location.source);
      const kind = source?.kind ?? 'http';
      const report = (error: unknown): void => {
        if (hasLeft()) return;
        if (error instanceof WrongBytesError) {
          distrusted.set(trustKey(wanted, location), true);
          options.onMismatch();
        }
        logFailure(log, wanted, { location, kind, error });
      };
      try {
        return await begin({ wanted, location, source, signal, report });
      } catch (error) {
        if (hasLeft()) throw signal.reason;
        failures.push({ location, kind, error });
        if (patience.isOver()) break;
      }
    }
    const isMismatch =
      trusted.length < locations.length || failures.some(({ error }) => error instanceof WrongBytesError);
    throw isMismatch ? wrongEverywhere(wanted) : await nowhere(wanted, failures);
  };

  return {
    open: async (wanted, context) => {
      const patience = startPatience(context.giveUp, options.firstByteMs);
      try {
        return await openAnywhere(wanted, context, patience);
      } finally {
        patience.end();
      }
    },
  };
}

interface Attempt {
  wanted: WantedAsset;
  location: Location;
  source: Source | undefined;
  signal: AbortSignal;
  report: (error: unknown) => void;
}

async function begin({ wanted, location, source, signal, report }: Attempt): Promise<BodyChunks> {
  const { asset, range } = wanted;
  const length = range === undefined ? asset.size : range.last - range.first + 1;
  const attempt = async (): Promise<BodyChunks> => {
    if (source === undefined) {
      throw new RegistryError(
        'config',
        `The source ${location.source} is not configured; start with the indexer's file.`,
      );
    }
    const opened = await source.openAsset(location, { signal, tries: 1, ...(range && { range }) });
    const body = opened.body as AsyncIterable<Buffer>;
    const reading = { body, check: checkOf(opened, wanted), source: location.source };
    return length <= HELD_WHOLE_BYTES ? readWhole(reading) : readAhead(reading, report);
  };
  try {
    return await attempt().catch((error: unknown) => {
      // A connection that the backend has closed while it was idle breaks in the same way as a dead backend.
      if (codeOf(error) !== 'unreachable' || signal.aborted) throw error;
      return attempt();
    });
  } catch (error) {
    report(error);
    throw error;
  }
}

/** What is expected of a body that a backend has begun to send. @throws when its announced length is another already */
function checkOf(opened: OpenedAsset, { asset, range }: WantedAsset): BodyCheck {
  const announced = opened.partial && range ? range.last - range.first + 1 : asset.size;
  if (opened.size !== undefined && opened.size !== announced) {
    opened.body.destroy();
    const message = `The backend announces ${opened.size} bytes where the index names ${announced}.`;
    throw opened.partial
      ? new RegistryError('bad_answer', message)
      : new WrongBytesError(message, { expected: asset.digest });
  }
  if (range === undefined) return checkWhole(asset);
  const length = range.last - range.first + 1;
  if (opened.partial) return cutRange({ skip: 0, length, goesOn: false });
  return cutRange({ skip: range.first, length, goesOn: range.last + 1 < asset.size });
}

/** A location is distrusted for the digest that it failed: another version of the index may name right bytes there. */
function trustKey({ asset }: WantedAsset, location: Location): string {
  return `${locationKey(location)} ${asset.digest ?? asset.size}`;
}

function logFailure(log: FastifyBaseLogger, { id, version, asset }: WantedAsset, failure: Failure): void {
  const { location, error } = failure;
  const about = { extension: id, version, asset: asset.name, source: location.source };
  if (error instanceof WrongBytesError) {
    const { expected, actual } = error;
    log.error(
      { event: 'digest_mismatch', ...about, expected, actual, reason: error.message },
      'a location has wrong bytes',
    );
    return;
  }
  const code = codeOf(error);
  const details = code === undefined ? { err: error } : { code, reason: messageOf(error) };
  log.warn({ event: 'location_failed', ...about, ...details }, 'a location failed');
}

function wrongEverywhere({ id, version, asset }: WantedAsset): ApiError {
  return new ApiError(
    'conflict',
    `The bytes of ${id} ${version} ${asset.name} are not those that its digest names; tell its publisher.`,
  );
}

/**
 * Gitea answers 404 both for an attachment that is gone and for one that our token may not see. Where a crawl found the
 * version's files replaced it is the former, and trying again gives nobody the first bytes back.
 */
async function nowhere(wanted: WantedAsset, failures: readonly Failure[]): Promise<ApiError> {
  const { id, version, asset, mutatedAt } = wanted;
  const subject = `${id} ${version} ${asset.name}`;
  const lost = failures.filter(({ error }) => codeOf(error) === 'not_found');
  const mutated = lost.length === 0 ? new Set<string>() : await mutatedAt();
  const failure = failures.find((each) => !lost.includes(each) || !mutated.has(each.location.source));
  if (failure !== undefined) {
    const { kind, location, error } = failure;
    return backendError(kind, `${subject} cannot be had from the source ${location.source}`, error);
  }
  if (failures.length === 0) return new ApiError('http', `${subject} is at no source; tell its publisher.`);
  return new ApiError(
    'conflict',
    `The bytes of ${subject} that were first seen are gone: its publisher has changed the files of this version, and ` +
      'other bytes are not served under it; use another version, and tell its publisher.',
  );
}
