import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { digestOf, type Digest } from '../../indexer/model/digest.ts';
import type { Manifest, Pointer } from '../../indexer/model/documents.ts';
import { blobOf, BLOBS, fileOf, MANIFEST, OUTSIDE_GENERATIONS, POINTER_FILE } from '../../indexer/site/layout.ts';
import { validateSite } from '../schema/validate-site.ts';
import { blobsIn } from './watched-run.ts';

/** Path -> digest of every friendly document of a generation. */
export type Documents = ReadonlyMap<string, Digest>;

const MANIFEST_START = '{"schema":1,"documents":{';
const OUTSIDE = new Set([POINTER_FILE, ...[...OUTSIDE_GENERATIONS].map(fileOf)]);

async function documentsOf(root: string, file: string): Promise<Documents> {
  const bytes = await readFile(join(root, file));
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  const documents = Object.entries(manifest.documents).map(([path, { digest }]) => [path, digest] as const);
  return new Map([...documents, [MANIFEST, digestOf(bytes)]]);
}

async function readPointer(root: string): Promise<Pointer> {
  return JSON.parse(await readFile(join(root, POINTER_FILE), 'utf8')) as Pointer;
}

/** What is published, after a look at each document of it: through the pointer all are there and are what they should be. */
export async function readPublished(root: string): Promise<{ pointer: Pointer; documents: Documents }> {
  const pointer = await readPointer(root);
  const documents = await documentsOf(root, pointer.manifest.path);
  expect(documents.get(MANIFEST)).toBe(pointer.manifest.digest);
  for (const [path, digest] of documents) {
    expect(digestOf(await readFile(join(root, blobOf(digest)))), path).toBe(digest);
  }
  return { pointer, documents };
}

/** Manifests that no generation has been published with: of runs that were killed. */
async function unpublished(root: string, published: ReadonlySet<Digest>): Promise<Documents[]> {
  const found: Documents[] = [];
  for (const file of await blobsIn(root)) {
    const bytes = await readFile(join(root, file));
    const isManifest = bytes.subarray(0, MANIFEST_START.length).toString() === MANIFEST_START;
    if (isManifest && !published.has(digestOf(bytes))) found.push(await documentsOf(root, file));
  }
  return found;
}

async function friendlyFiles(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
  const names = files.map((each) => each.slice(root.length + 1));
  return names.filter((each) => !each.startsWith(BLOBS) && !each.startsWith('.'));
}

/**
 * After a kill: the published generation is whole, and each friendly file is a whole document of the generation before or
 * of one that was being published; a file may be missing only where one of them has none.
 * @param before what was published before
 * @param published manifests of all generations that were published so far
 */
export async function checkAfterKill(root: string, before: Documents, published: Set<Digest>): Promise<void> {
  const { pointer } = await readPublished(root);
  published.add(pointer.manifest.digest);
  const now = await documentsOf(root, pointer.manifest.path);
  const possible = [before, now, ...(await unpublished(root, published))];
  const files = new Set(await friendlyFiles(root));
  for (const path of new Set(possible.flatMap((each) => [...each.keys()]))) {
    const digests = possible.map((each) => each.get(path));
    const file = fileOf(path);
    const digest = files.has(file) ? digestOf(await readFile(join(root, file))) : undefined;
    expect(digests, path).toContain(digest);
    files.delete(file);
  }
  // Friendly files of no generation: only the reports, which are whole as well.
  expect([...files].filter((each) => !OUTSIDE.has(each))).toEqual([]);
  for (const file of files) {
    const bytes = await readFile(join(root, file));
    expect(() => void JSON.parse(bytes.toString('utf8')), file).not.toThrow();
  }
}

/** After a run that was let be: a site without a fault and without litter. */
export async function checkCompleted(root: string, extensions: number): Promise<void> {
  const { faults } = await validateSite(root);
  expect(faults).toEqual([]);
  expect((await readPointer(root)).counts.extensions).toBe(extensions);
  expect((await readdir(root)).filter((each) => each.startsWith('.'))).toEqual([]);
}
