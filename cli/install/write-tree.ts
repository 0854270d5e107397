import { copyFile, mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createDigester } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { compareText } from '../../indexer/model/extension.ts';
import type { InstalledFile, InstalledFiles } from '../project/record.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { createArchiveTree, type ArchiveTree } from './archive-tree.ts';
import { parseEntryPath, refusedEntry } from './entry-path.ts';

export interface WriteTreeOptions {
  /** Absolute; it must not be there yet. */
  folder: string;
  maxEntries: number;
  maxBytes: number;
  signal?: AbortSignal;
}

/** Of a mode only this is kept: everything else would be the publisher's power over our users. */
const EXECUTABLE = 0o100;
const SET_ID = 0o6000;

interface Writing extends WriteTreeOptions {
  tree: ArchiveTree;
  written: Map<string, InstalledFile>;
  bytes: number;
}

/**
 * Writes the entries of an archive, each checked before anything of it is made. Links come last, so no write ever goes
 * through one.
 * @throws RegistryError `bad_answer`, `too_large`; errors of the file system as they are
 */
export async function writeTree(
  entries: AsyncIterable<ArchiveEntry>,
  options: WriteTreeOptions,
): Promise<InstalledFiles> {
  const writing: Writing = {
    ...options,
    tree: createArchiveTree(options.maxEntries),
    written: new Map(),
    bytes: 0,
  };
  await mkdir(options.folder);
  for await (const entry of entries) {
    options.signal?.throwIfAborted();
    await writeEntry(entry, writing);
  }
  for (const [path, target] of writing.tree.links()) {
    await symlink(target, join(options.folder, path));
    writing.written.set(path, { link: target });
  }
  if (writing.written.size === 0) throw new RegistryError('bad_answer', 'It holds no file.');
  return Object.fromEntries([...writing.written].sort(([a], [b]) => compareText(a, b)));
}

async function writeEntry(entry: ArchiveEntry, writing: Writing): Promise<void> {
  const { tree, folder } = writing;
  const path = parseEntryPath(entry.name);
  // The archive's own `./`.
  if (path.length === 0 && entry.kind === 'folder') return;
  if (path.length === 0) throw refusedEntry(entry.name, 'has no name');
  const makeFolders = async (folders: readonly string[]): Promise<void> => {
    for (const each of folders) await mkdir(join(folder, each));
  };
  switch (entry.kind) {
    case 'folder':
      return makeFolders(tree.addFolder(path));
    case 'file':
      if (((entry.mode ?? 0) & SET_ID) !== 0) throw refusedEntry(entry.name, 'would run as another user (setuid)');
      await makeFolders(tree.addFile(path));
      return writeFile(path.join('/'), entry, writing);
    case 'hard link':
      await makeFolders(tree.addFile(path));
      return copyLinked(path.join('/'), entry, writing);
    case 'link':
      return makeFolders(tree.addLink(path, entry.target ?? ''));
    case 'device, pipe or other special file':
      throw refusedEntry(entry.name, `is a ${entry.kind}`);
  }
}

async function writeFile(path: string, entry: ArchiveEntry, writing: Writing): Promise<void> {
  const executable = ((entry.mode ?? 0) & EXECUTABLE) !== 0;
  const digester = createDigester();
  let size = 0;
  // What the user's umask takes away stays away.
  const file = await open(join(writing.folder, path), 'wx', executable ? 0o777 : 0o666);
  try {
    for await (const chunk of entry.body) {
      writing.signal?.throwIfAborted();
      count(chunk.length, writing);
      size += chunk.length;
      digester.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  writing.written.set(path, { size, digest: digester.digest(), ...(executable && { executable }) });
}

/** A hard link becomes a file of its own, which no later change of the other one reaches. */
async function copyLinked(path: string, entry: ArchiveEntry, writing: Writing): Promise<void> {
  const source = parseEntryPath(entry.target ?? '').join('/');
  const original = writing.written.get(source);
  if (original === undefined || !('size' in original)) {
    throw refusedEntry(entry.name, 'is a hard link to no file that comes before it');
  }
  count(original.size, writing);
  await copyFile(join(writing.folder, source), join(writing.folder, path));
  writing.written.set(path, original);
}

function count(bytes: number, writing: Writing): void {
  writing.bytes += bytes;
  if (writing.bytes > writing.maxBytes) {
    throw new RegistryError('too_large', `It unpacks to more than the ${writing.maxBytes} bytes that are allowed.`);
  }
}
