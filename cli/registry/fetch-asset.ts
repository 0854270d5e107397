import type { RetryPolicy } from '../../indexer/http/retry.ts';
import type { Digest } from '../../indexer/model/digest.ts';
import type { AssetEntry } from '../../indexer/model/documents.ts';
import { codeOf, RegistryError, type ErrorCode } from '../../indexer/model/errors.ts';
import { CLIENT_RETRY, credentialFields, type Connections } from './connections.ts';
import type { DownloadCache } from './download-cache.ts';
import type { Watch } from './file-digest.ts';
import type { PartialFile } from './partial-file.ts';
import { downloadUrlOf } from './proxy-address.ts';
import type { Choice, Credential, FetchedAsset, FetchOptions, Progress } from './registry.ts';
import { receive, type Transfer } from './transfer.ts';

export interface FetchDependencies {
  cache: DownloadCache;
  connections: Connections;
  credential: Credential | undefined;
  offline: boolean;
  /** Asked only when something is to be downloaded. @throws RegistryError `config` where there is none */
  proxyBase: () => Promise<URL>;
  random: () => number;
  retry?: RetryPolicy | undefined;
}

interface Fetch {
  choice: Choice;
  asset: AssetEntry;
  /** Reports the progress of a phase. */
  watch: (phase: Progress['phase']) => Watch;
}

const MAX_NAMED = 20;

/** From the cache, else from the proxy; either way its bytes have just been read from the disk and were right. */
export async function fetchAsset(
  dependencies: FetchDependencies,
  choice: Choice,
  options: FetchOptions,
): Promise<FetchedAsset> {
  const asset = chooseAsset(choice, options.asset);
  const { digest, name, size } = asset;
  const subject = subjectOf(choice, asset);
  if (digest === undefined && options.allowUnverified !== true) {
    throw new RegistryError(
      'refused',
      `${subject} has no digest to check its bytes against; pass --allow-unverified to take it all the same.`,
    );
  }
  const { signal = new AbortController().signal, onProgress = () => undefined } = options;
  const watch: Fetch['watch'] = (phase) => ({
    signal,
    onBytes: (receivedBytes) => onProgress({ receivedBytes, totalBytes: size, phase }),
  });
  const fetch: Fetch = { choice, asset, watch };
  const cached = digest && (await dependencies.cache.find(digest, size, watch('verify')));
  if (digest !== undefined && cached !== undefined) return { file: cached, name, size, digest, fromCache: true };
  if (dependencies.offline) {
    throw new RegistryError('unreachable', `${subject} is not in the download cache; fetch it once without --offline.`);
  }
  const transfer = await prepare(dependencies, fetch, subject);
  return download(dependencies, fetch, transfer);
}

/** @throws RegistryError `not_found` that names the assets there are */
export function chooseAsset({ id, entry }: Choice, name: string | undefined): AssetEntry {
  const found = entry.assets.find((each) => (name === undefined ? each.primary === true : each.name === name));
  if (found !== undefined) return found;
  const names = entry.assets.slice(0, MAX_NAMED).map((each) => each.name);
  const missing = name === undefined ? 'no primary asset' : `no asset ${JSON.stringify(name.slice(0, 200))}`;
  const more = entry.assets.length > MAX_NAMED ? ` and ${entry.assets.length - MAX_NAMED} more` : '';
  throw new RegistryError(
    'not_found',
    `${id} ${entry.version} has ${missing}; name one of its assets: ${names.join(', ')}${more}.`,
  );
}

function subjectOf({ id, entry }: Choice, { name }: AssetEntry): string {
  return `${id} ${entry.version} (${name})`;
}

async function prepare(
  { connections, credential, proxyBase }: FetchDependencies,
  { choice, asset }: Fetch,
  subject: string,
): Promise<Transfer> {
  const base = await proxyBase();
  return {
    http: await connections.to(base),
    url: downloadUrlOf(base, asset.download_url, choice.id),
    fields: credentialFields(credential, base.origin),
    digest: asset.digest,
    sizeBytes: asset.size,
    subject: `${subject} at ${base.href}`,
  };
}

async function download(dependencies: FetchDependencies, fetch: Fetch, transfer: Transfer): Promise<FetchedAsset> {
  const { asset, choice, watch } = fetch;
  const { cache } = dependencies;
  const { name, size } = asset;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const partial = await cache.begin(asset.digest, size);
    try {
      const digest = await fill(dependencies, { fetch, transfer, partial });
      await partial.close();
      const placed = await cache.place(partial, digest, { id: choice.id, version: choice.entry.version, name });
      const file = placed ?? (await cache.find(digest, size, watch('verify')));
      if (file !== undefined) return { file, name, size, digest, fromCache: false };
    } catch (error) {
      // What broke off is worth going on with; what is wrong, or fills the disk, is not.
      await (SPOILT.has(codeOf(error)) ? partial.discard() : partial.leave());
      throw error;
    }
  }
  throw new RegistryError('storage', `The download of ${transfer.subject} was removed again and again; see by whom.`);
}

/** For downloads that other processes take for leftovers of dead ones. */
const MAX_TRIES = 3;

const SPOILT: ReadonlySet<ErrorCode | undefined> = new Set(['digest_mismatch', 'bad_answer', 'storage']);

interface Filling {
  fetch: Fetch;
  transfer: Transfer;
  partial: PartialFile;
}

/** The bytes, checked; where they are not right and began with what an earlier run left, once more from nothing. */
async function fill({ random, retry = CLIENT_RETRY }: FetchDependencies, { fetch, transfer, partial }: Filling) {
  const { watch } = fetch;
  for (;;) {
    watch('download').onBytes(partial.receivedBytes);
    await receive(transfer, partial, { ...watch('download'), retry, random });
    const found = await partial.digest(watch('verify'));
    if (transfer.digest === undefined || found === transfer.digest) return found;
    if (!partial.isResumed) throw wrongBytes(transfer, transfer.digest, found);
    await partial.reset();
  }
}

function wrongBytes({ subject }: Transfer, expected: Digest, found: Digest): RegistryError {
  return new RegistryError(
    'digest_mismatch',
    `The bytes of ${subject} are ${found}, and not ${expected} as the site says: nothing of them is kept. Try again; if they stay wrong, tell who runs the registry.`,
  );
}
