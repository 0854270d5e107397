import { gzipSync } from 'node:zlib';

export interface ArchivedFile {
  /** A relative path, at most 100 bytes. */
  readonly name: string;
  readonly content: string;
}

const BLOCK_BYTES = 512;

/** A real gzipped ustar archive (POSIX.1-1988) with no times and no owners in it: the same files give the same bytes. */
export function createTarGz(files: readonly ArchivedFile[]): Uint8Array {
  const entries = files.flatMap(({ name, content }) => {
    const bytes = Buffer.from(content);
    return [renderHeader(name, bytes.length), bytes, Buffer.alloc(-bytes.length & (BLOCK_BYTES - 1))];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK_BYTES)]), { level: 9 });
}

function renderHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0, 100);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(0, 11), 136);
  // The checksum is that of a header whose checksum is eight spaces.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
