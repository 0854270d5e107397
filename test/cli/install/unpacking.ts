import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { unpackAsset, type UnpackOptions } from '../../../cli/install/unpack.ts';
import type { InstalledFiles } from '../../../cli/project/record.ts';
import { temporaryFolder } from '../../builders.ts';

export interface Unpacked {
  /** Where it was unpacked to. */
  folder: string;
  files: InstalledFiles;
}

/** Unpacks bytes as an asset of this name; whatever comes of it, nothing but the folder may have been touched. */
export async function unpackBytes(
  name: string,
  bytes: Uint8Array,
  { mediaType, ...options }: Partial<UnpackOptions> & { mediaType?: string } = {},
): Promise<Unpacked> {
  const around = await temporaryFolder();
  await mkdir(join(around, 'outside'));
  await writeFile(join(around, 'outside', 'kept'), 'kept');
  const file = join(around, 'asset');
  await writeFile(file, bytes);
  const folder = join(around, 'unpacked');
  const asset = { file, name, size: bytes.length, ...(mediaType && { mediaType }) };
  try {
    return { folder, files: await unpackAsset(asset, { folder, ...options }) };
  } finally {
    const beside = (await readdir(around)).filter((each) => each !== 'unpacked');
    expect(beside.sort()).toEqual(['asset', 'outside']);
    expect(await readdir(join(around, 'outside'))).toEqual(['kept']);
    expect(await readFile(join(around, 'outside', 'kept'), 'utf8')).toBe('kept');
  }
}

/** Path -> content; a link as `-> target`, an executable file as `*content`, an empty folder as null. */
export async function contentsOf(folder: string): Promise<Record<string, string | null>> {
  return Object.fromEntries(await entriesBelow(folder, ''));
}

/** Node's own recursion follows links to folders. */
async function entriesBelow(folder: string, prefix: string): Promise<[string, string | null][]> {
  const contents: [string, string | null][] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix + entry.name;
    const path = join(folder, name);
    if (entry.isSymbolicLink()) contents.push([name, `-> ${await readlink(path)}`]);
    else if (entry.isFile()) {
      const executable = ((await stat(path)).mode & 0o100) !== 0;
      contents.push([name, (executable ? '*' : '') + (await readFile(path, 'utf8'))]);
    } else {
      const below = await entriesBelow(folder, `${name}/`);
      contents.push(...(below.length === 0 ? [[name, null] as [string, null]] : below));
    }
  }
  return contents;
}
