import { open, type FileHandle } from 'node:fs/promises';
import { createDigester, type Digest } from '../../indexer/model/digest.ts';

export interface Watch {
  signal: AbortSignal;
  /** Told how many bytes were read so far. */
  onBytes: (readBytes: number) => void;
}

const BLOCK_BYTES = 1024 * 1024;

/** The digest of what a file holds on the disk, a block at a time. @throws system errors, and the signal's reason */
export async function digestOfFile(file: string, watch: Watch): Promise<Digest> {
  const handle = await open(file);
  try {
    return await digestOfHandle(handle, watch);
  } finally {
    await handle.close();
  }
}

export async function digestOfHandle(handle: FileHandle, { signal, onBytes }: Watch): Promise<Digest> {
  const digester = createDigester();
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, at);
    if (bytesRead === 0) return digester.digest();
    digester.update(block.subarray(0, bytesRead));
    at += bytesRead;
    onBytes(at);
  }
}
