import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { examineSite, type Examination } from '../indexer/fsck.ts';
import type { Manifest } from '../indexer/model/documents.ts';
import { readPointer } from '../indexer/read-site.ts';
import { resumeSite } from '../indexer/rollback.ts';
import { blobOf, fileOf } from '../indexer/site/layout.ts';
import { v1Of } from './builders.ts';
import type { World } from './crawl/world.ts';
import { LATER, storageOf } from './generations-world.ts';

export type Config = World['config'];
export const AWS = 'extensions/provider/aws';

export const fsck = (config: Config, storage = storageOf(config)): Promise<Examination> =>
  examineSite({ storage, now: () => LATER });
export const resume = (config: Config) => resumeSite({ storage: storageOf(config), now: () => LATER });

/** `file: fault, done` of each, the digests left out. */
export const told = ({ damaged }: Examination): string[] =>
  damaged.map(({ file, document, fault, done }) => {
    const name = file.startsWith('by-hash/') ? `by-hash ${document}` : file;
    return `${name}: ${fault}, ${done}`;
  });

/** The by-hash file of a document of the current generation, or of a manifest. */
export async function blobIn(config: Config, path: string): Promise<string> {
  const { pointer } = (await readPointer(storageOf(config)))!;
  if (path === 'manifest') return join(v1Of(config), pointer.manifest.path);
  const manifest = JSON.parse(await readFile(join(v1Of(config), pointer.manifest.path), 'utf8')) as Manifest;
  return join(v1Of(config), blobOf(manifest.documents[path]!.digest));
}

export const friendlyIn = (config: Config, path: string): string => join(v1Of(config), fileOf(path));

/** Turns one bit, which leaves the length as it was; both names of the file have it then. */
export async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
}

/** The same in a file of its own. */
export async function flipAlone(file: string): Promise<void> {
  const bytes = await readFile(file);
  await rm(file);
  await writeFile(file, bytes);
  await flip(file);
}

/** Damages the memory by both its names. */
export const loseMemory = async (config: Config): Promise<void> => flip(await blobIn(config, 'memory'));
/** Damages the manifest by both its names, and the list, so that nothing tells any more what it was. */
export async function loseManifest(config: Config): Promise<void> {
  await flip(await blobIn(config, 'extensions'));
  await flip(await blobIn(config, 'manifest'));
}

/** The current generation is whole; earlier ones may lack what was lost. */
export async function expectWhole(config: Config): Promise<void> {
  const { pointer, damaged } = await fsck(config);
  expect(damaged.filter((each) => each.generations.includes(pointer.generation))).toEqual([]);
}
