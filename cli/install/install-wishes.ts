import type { Digest } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { formatTime } from '../../indexer/model/text.ts';
import type { Version } from '../../indexer/model/version.ts';
import type { CommandContext } from '../command.ts';
import { compareFiles } from '../project/compare-files.ts';
import { readCurrent, versionFolder, writeCurrent } from '../project/install-root.ts';
import { findInstalled } from '../project/installed.ts';
import type { LockedExtension } from '../project/lock-file.ts';
import { readRecord, type InstallRecord } from '../project/record.ts';
import type { FetchedAsset } from '../registry/registry.ts';
import { formatSize } from '../times.ts';
import { inParallel } from './in-parallel.ts';
import { placeVersion, writeRecord } from './place-version.ts';
import { changeRoot, clearLitter, type RootChange } from './root-lock.ts';
import { unpackAsset } from './unpack.ts';
import type { InstallWish } from './wish.ts';

export interface InstallOptions {
  root: string;
  allowUnverified: boolean;
  /** What else there is to change, such as the lock file; done last, while nobody else changes the root. */
  save?: (installations: readonly Installation[]) => Promise<void>;
}

/** What has become of a wish. */
export interface Installation {
  id: ExtensionId;
  version: Version;
  /** The version in use before; undefined for none. */
  previous: Version | undefined;
  /** Whether it had to be unpacked: else it was there already, each file of it. */
  unpacked: boolean;
  /** Its folder. */
  folder: string;
  files: number;
  locked: LockedExtension;
}

const DOWNLOADS = 4;
/** More would only fight for the disk. */
const UNPACKINGS = 2;

/**
 * Downloads, unpacks and puts in use what is wished, all of it or nothing: until every one is unpacked nothing has
 * changed, and what comes then is renaming. What is there already, as it was recorded, is left alone.
 * @throws RegistryError of `Registry.fetch`, `unpackAsset`, `changeRoot`; what the signal was aborted with
 */
export async function installWishes(
  wishes: readonly InstallWish[],
  context: CommandContext,
  options: InstallOptions,
): Promise<Installation[]> {
  const { root, save } = options;
  const { signal, now, note } = context;
  const limit = DOWNLOADS;
  const looked = await inParallel(wishes, { limit, signal }, async (wish, either) => ({
    wish,
    found: await findIntact(wish, root, either),
    current: await readCurrent(root, wish.id),
  }));
  const fetched = await inParallel(looked, { limit, signal }, async ({ wish, found }, either) => ({
    wish,
    found,
    asset: found === undefined ? await fetchAsset(wish, either, { context, options }) : undefined,
  }));
  if (save === undefined && looked.every(({ found, current }) => found !== undefined && found.version === current)) {
    await clearLitter(root, now);
    return looked.flatMap(({ wish, found, current }) =>
      found === undefined ? [] : [installationOf(wish, root, { record: found, previous: current, unpacked: false })],
    );
  }
  return changeRoot({ root, now, signal, note }, async (change) => {
    const staged = await inParallel(fetched, { limit: UNPACKINGS, signal }, (each, either) =>
      stage(each, { context, options, change, signal: either }),
    );
    await change.assertHeld();
    // From here on it is quick, and is not interrupted.
    return putInUse(staged, change, options);
  });
}

/** The record of the wished version where it is installed with these bytes, each file as it was. */
async function findIntact(
  { id, choice, asset, locked }: InstallWish,
  root: string,
  signal: AbortSignal,
): Promise<InstallRecord | undefined> {
  const { version } = choice.entry;
  // A record that is damaged is made anew.
  const record = await readRecord(root, id, version).catch(() => undefined);
  const digest = asset.digest ?? locked?.digest;
  if (record === undefined || record.asset.name !== asset.name || record.asset.digest !== digest) return undefined;
  const differences = await compareFiles(versionFolder(root, id, version), record.files, signal);
  return differences.length === 0 ? record : undefined;
}

async function fetchAsset(
  { id, choice, asset, locked }: InstallWish,
  signal: AbortSignal,
  { context, options }: { context: CommandContext; options: InstallOptions },
): Promise<FetchedAsset> {
  const registry = await context.registry();
  const line = context.progress.start(`${id} ${choice.entry.version}`);
  let result: string | undefined;
  try {
    // What the lock file has a digest of is checked against that.
    const allowUnverified = options.allowUnverified || locked !== undefined;
    const onProgress = line.update;
    const fetched = await registry.fetch(choice, { asset: asset.name, allowUnverified, signal, onProgress });
    requireLocked(id, fetched.digest, locked);
    if (!fetched.fromCache) result = `downloaded, ${formatSize(fetched.size)}`;
    return fetched;
  } finally {
    line.end(result);
  }
}

/** What has no digest at the site has one in the lock file from its first download on. */
function requireLocked(id: ExtensionId, digest: Digest, locked: LockedExtension | undefined): void {
  if (locked === undefined || locked.digest === digest) return;
  throw new RegistryError(
    'digest_mismatch',
    `${id} ${locked.version} was locked with ${locked.digest}, and ${digest} was downloaded: somebody replaced it. Ask its publisher before you trust either.`,
  );
}

interface Fetched {
  wish: InstallWish;
  /** Where it was there already. */
  found: InstallRecord | undefined;
  asset: FetchedAsset | undefined;
}

interface Staged {
  wish: InstallWish;
  record: InstallRecord;
  /** Left out for one that is there already. */
  folder?: string;
}

interface Staging {
  context: CommandContext;
  options: InstallOptions;
  change: RootChange;
  signal: AbortSignal;
}

async function stage({ wish, found, asset }: Fetched, staging: Staging): Promise<Staged> {
  const { context, options, change, signal } = staging;
  const { id, wanted, choice } = wish;
  const { version } = choice.entry;
  // Once more: another run may have installed it, or removed it, while this one waited.
  const present = found === undefined ? await findIntact(wish, options.root, signal) : found;
  const installed = await findInstalled(options.root, id);
  if (present !== undefined && installed?.versions.includes(version) === true) return { wish, record: present };
  const source = asset ?? (await fetchAsset(wish, signal, staging));
  const folder = change.temporary();
  const line = context.progress.start(`${id} ${version}`);
  try {
    const onProgress = (receivedBytes: number): void =>
      line.update({ receivedBytes, totalBytes: source.size, phase: 'unpack' });
    const archive = { ...source, mediaType: wish.asset.media_type };
    const files = await unpackAsset(archive, { folder, signal, onProgress });
    const record: InstallRecord = {
      schema: 1,
      extension: id,
      version,
      range: wanted.range,
      installed_at: formatTime(context.now()),
      site: choice.site,
      generation: choice.generation,
      asset: { name: source.name, size: source.size, digest: source.digest },
      files,
    };
    return { wish, record, folder };
  } finally {
    line.end();
  }
}

/** Where one cannot be put in use, or nothing be saved, those before it are taken out of use again. */
async function putInUse(
  all: readonly Staged[],
  change: RootChange,
  { root, save }: InstallOptions,
): Promise<Installation[]> {
  const done: { id: ExtensionId; previous: Version | undefined }[] = [];
  const installations: Installation[] = [];
  try {
    for (const { wish, record, folder } of all) {
      const { range } = wish.wanted;
      if (folder !== undefined) await placeVersion(root, { record, staged: folder }, change);
      else if (record.range !== range) await writeRecord(root, { ...record, range }, change);
    }
    for (const { wish, record, folder } of all) {
      const { id } = wish;
      const previous = await readCurrent(root, id);
      if (previous !== record.version) {
        await writeCurrent({ root, id, version: record.version, temporary: change.temporary() });
        done.push({ id, previous });
      }
      installations.push(installationOf(wish, root, { record, previous, unpacked: folder !== undefined }));
    }
    await save?.(installations);
    return installations;
  } catch (error) {
    for (const { id, previous } of done) {
      await writeCurrent({ root, id, version: previous, temporary: change.temporary() }).catch(() => undefined);
    }
    throw error;
  }
}

function installationOf(
  { id, choice: { site, generation }, locked }: InstallWish,
  root: string,
  { record, previous, unpacked }: { record: InstallRecord; previous: Version | undefined; unpacked: boolean },
): Installation {
  const { version, asset, files } = record;
  return {
    id,
    version,
    previous,
    unpacked,
    folder: versionFolder(root, id, version),
    files: Object.keys(files).length,
    locked: locked ?? {
      id,
      version,
      asset: asset.name,
      size: asset.size,
      digest: asset.digest,
      site,
      generation,
    },
  };
}
