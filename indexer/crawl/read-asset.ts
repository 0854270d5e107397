import { networkError } from '../http/network-error.ts';
import { createDigester, type Digest } from '../model/digest.ts';
import { RegistryError } from '../model/errors.ts';
import type { SourceAsset } from '../model/release.ts';
import type { Source } from '../sources/source.ts';

export interface ReadAsset {
  digest: Digest;
  /** The bytes themselves, where they were asked for and are not too many. */
  bytes?: Buffer;
}

export interface ReadOptions {
  signal: AbortSignal;
  /** Keep the bytes while they are at most so many. */
  keepBytes?: number;
  onBytes?: (count: number) => void;
}

/**
 * Streams an asset once and gives its digest.
 * @throws RegistryError `bad_answer` when its length is not the one that was listed; network errors
 */
export async function readAsset(source: Source, asset: SourceAsset, options: ReadOptions): Promise<ReadAsset> {
  // Whoever reads it begins anew also when the body breaks off, which opening alone cannot see.
  const { body } = await source.openAsset(asset.location, { signal: options.signal, tries: 1 });
  const digester = createDigester();
  const kept: Buffer[] | undefined = asset.size <= (options.keepBytes ?? -1) ? [] : undefined;
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > asset.size) break;
      digester.update(chunk);
      kept?.push(chunk);
      options.onBytes?.(chunk.length);
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw networkError(error, `${source.name}: ${asset.name}`);
  } finally {
    body.destroy();
  }
  if (size !== asset.size) {
    const got = size > asset.size ? 'more' : `only ${size}`;
    throw new RegistryError('bad_answer', `${asset.name} is listed with ${asset.size} bytes and has ${got}.`);
  }
  return { digest: digester.digest(), ...(kept && { bytes: Buffer.concat(kept) }) };
}
