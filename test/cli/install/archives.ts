import { crc32, deflateRawSync } from 'node:zlib';

/*
 * Archives as anybody may write them, with every field in the hand of the test: real programs refuse to make most of
 * these.
 */

const BLOCK_BYTES = 512;

export interface TarEntry {
  /** At most 100 bytes; bytes for what is no text. */
  name: string | Buffer;
  content?: string | Buffer;
  /** The type flag (POSIX.1-1988 and later): 0 file, 1 hard link, 2 symbolic link, 3 character device, 5 folder, 6 fifo, x pax. */
  type?: string;
  mode?: number;
  target?: string;
  /** What the header says, where that is not how much there is. */
  size?: number;
}

export function createTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(renderTarEntry), Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** An entry whose name is in a pax header, as all names of more than 100 bytes are. */
export function withPax(fields: Readonly<Record<string, string>>, entry: TarEntry): TarEntry[] {
  const lines = Object.entries(fields).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (length !== Buffer.byteLength(rest) + String(length).length) length += 1;
    return length + rest;
  });
  return [{ name: 'pax', type: 'x', content: lines.join('') }, entry];
}

function renderTarEntry({ name, content = '', type = '0', mode = 0o644, target = '', size }: TarEntry): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  Buffer.from(name).copy(header, 0, 0, 100);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size ?? bytes.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(target, 157, 100);
  header.write('ustar\x0000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & (BLOCK_BYTES - 1))]);
}

export interface ZipEntry {
  name: string | Buffer;
  content?: string | Buffer;
  /** With the kind in its upper bits (inode(7)), as Unix programs write it; without it the archive is one of MS-DOS. */
  mode?: number;
  encrypted?: boolean;
  /** Whether the headers say that the name is UTF-8; true without it. */
  utf8?: boolean;
  /** What both headers say, where that is not how much there is. */
  size?: number;
}

/** APPNOTE.TXT 6.3.10: local headers and bytes, the central directory, its end. */
export function createZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = renderZipEntry(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function renderZipEntry({ name, content = '', mode, encrypted = false, utf8 = true, size }: ZipEntry, offset: number) {
  const bytes = Buffer.from(content);
  const packed = deflateRawSync(bytes);
  const nameBytes = Buffer.from(name);
  const flags = (utf8 ? 0x800 : 0) | (encrypted ? 1 : 0);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(size ?? bytes.length, 18);
  shared.writeUInt16LE(nameBytes.length, 22);
  const signature = (value: number): Buffer => {
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    return four;
  };
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(mode === undefined ? 20 : (3 << 8) | 20);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([signature(0x04034b50), shared, nameBytes, packed]),
    central: Buffer.concat([signature(0x02014b50), madeBy, shared, rest, nameBytes]),
  };
}
