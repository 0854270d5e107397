import { createReadStream } from 'node:fs';
import { pipeline, type Duplex } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { codeOf, messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { errnoOf, storageError } from '../../indexer/storage/storage-error.ts';
import type { InstalledFiles } from '../project/record.ts';
import type { FetchedAsset } from '../registry/registry.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { allowanceOf, UNPACK_LIMITS, type UnpackLimits } from './limits.ts';
import { writeTree } from './write-tree.ts';

/** A file whose bytes have been checked against their digest. */
export interface VerifiedAsset extends Pick<FetchedAsset, 'file' | 'name' | 'size'> {
  /** What its publisher says it is; heard only where the name says nothing. */
  mediaType?: string;
}

export interface UnpackOptions {
  /** Absolute; it must not be there yet, and is to be thrown away when this fails. */
  folder: string;
  limits?: UnpackLimits;
  signal?: AbortSignal;
  /** @param readBytes of the archive */
  onProgress?: (readBytes: number) => void;
}

type Format = 'tar.gz' | 'tar.zst' | 'tar' | 'zip' | 'file';

const FORMATS: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.(?:tar\.gz|tgz)$/i, 'tar.gz'],
  [/\.(?:tar\.zst|tzst)$/i, 'tar.zst'],
  [/\.tar$/i, 'tar'],
  [/\.zip$/i, 'zip'],
];
/** A folder that `oras push` packed has the folder's name, and only its media type tells (OCI image-spec, "Layer"). */
const MEDIA_TYPES: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/[.+]tar\+gzip$/, 'tar.gz'],
  [/[.+]tar\+zstd$/, 'tar.zst'],
];
/** Archives that Node cannot read. */
const UNKNOWN = /\.(?:tar\.(?:xz|bz2)|txz|tbz2?|7z|rar)$/i;
const CHUNK_BYTES = 64 * 1024;
const DECOMPRESS: Readonly<Partial<Record<Format, () => Duplex>>> = {
  'tar.gz': () => createGunzip({ chunkSize: CHUNK_BYTES }),
  'tar.zst': () => createZstdDecompress({ chunkSize: CHUNK_BYTES }),
};

/**
 * Unpacks an archive into a new folder; any other file becomes the only one there. After it has failed nothing more is
 * written.
 * @throws RegistryError `bad_answer` for an archive that is not sound or is hostile, `too_large`, `storage`; what the
 * signal was aborted with
 */
export async function unpackAsset(asset: VerifiedAsset, options: UnpackOptions): Promise<InstalledFiles> {
  const { limits = UNPACK_LIMITS, signal } = options;
  const format = formatOf(asset);
  const tree = {
    folder: options.folder,
    maxEntries: limits.entries,
    // A file that is no archive becomes as large as it is.
    maxBytes: format === 'file' ? asset.size : allowanceOf(asset.size, limits),
    ...(signal && { signal }),
  };
  try {
    if (format === 'zip') return await writeTree((await import('./read-zip.ts')).readZip(asset.file), tree);
    const { onProgress } = options;
    return await withBytes(asset, { format, onProgress }, async (bytes) =>
      writeTree(await entriesOf(asset, format, bytes), tree),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw unpackError(asset, options.folder, error);
  }
}

function formatOf({ name, mediaType = '' }: VerifiedAsset): Format {
  if (UNKNOWN.test(name)) {
    throw new RegistryError(
      'bad_answer',
      `${name} is of a format that cannot be unpacked here: ask its publisher for a .tar.gz, .tar.zst, .tar or .zip, or use extension download.`,
    );
  }
  const byName = FORMATS.find(([ending]) => ending.test(name));
  return (byName ?? MEDIA_TYPES.find(([ending]) => ending.test(mediaType)))?.[1] ?? 'file';
}

/** Runs with the bytes of a tar, or of a file, no longer compressed; when it has ended, both ends are closed. */
async function withBytes<T>(
  { file }: VerifiedAsset,
  { format, onProgress }: { format: Format; onProgress: UnpackOptions['onProgress'] },
  run: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const decompress = DECOMPRESS[format]?.();
  // A failure of the file ends the other one, whose reader is told.
  const bytes = decompress === undefined ? source : pipeline(source, decompress, () => undefined);
  const reported = async function* (): AsyncIterable<Uint8Array> {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      onProgress?.(source.bytesRead);
      yield chunk;
    }
  };
  try {
    return await run(reported());
  } finally {
    bytes.destroy();
    source.destroy();
  }
}

async function entriesOf(
  asset: VerifiedAsset,
  format: Format,
  bytes: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<ArchiveEntry>> {
  if (format !== 'file') return (await import('./read-tar.ts')).readTar(bytes);
  return (async function* () {
    yield { name: asset.name, kind: 'file', body: bytes };
  })();
}

function unpackError({ name }: VerifiedAsset, folder: string, cause: unknown): RegistryError {
  // Errors of the file system are named by it, such as ENOSPC; those of zlib Z_DATA_ERROR or ZSTD_error_….
  if (/^E(?!RR_)[A-Z0-9]+$/.test(errnoOf(cause))) return storageError(cause, `unpack ${name} to ${folder}`);
  const why = codeOf(cause) === undefined ? `It is damaged: ${messageOf(cause)}.` : messageOf(cause);
  return new RegistryError(
    codeOf(cause) ?? 'bad_answer',
    `${name} is not installed. ${why} Tell its publisher, and take another version meanwhile.`,
    { cause },
  );
}
