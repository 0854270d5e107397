import type { Bucket } from './bucket.ts';

export interface KnownObject {
  sizeBytes: number;
  modifiedMs: number;
  /** Its content coding, empty for none; undefined where it was only listed. */
  encoding?: string;
}

/**
 * What is in the top folders that are asked about most: a listing names a thousand objects by one request, where a
 * look at each would be a thousand. Right for as long as nobody else writes there.
 */
export interface BucketIndex {
  find(file: string): Promise<KnownObject | undefined>;
  /** The names in a folder whose top folder has been listed; undefined for any other. */
  names(folder: string): Promise<string[]> | undefined;
  /** Whether the top folder of a file has been listed. */
  knows(file: string): boolean;
  note(file: string, known: KnownObject | undefined): Promise<void>;
  forgetAll(): void;
}

/** Folder -> what is in it; undefined for a folder. */
type Tree = Map<string, Map<string, KnownObject | undefined>>;

export function createBucketIndex(bucket: Bucket): BucketIndex {
  const trees = new Map<string, Promise<Tree>>();
  const treeOf = (file: string): Promise<Tree> => {
    const top = topOf(file);
    const tree = trees.get(top) ?? listTree(bucket, top);
    trees.set(top, tree);
    // Whoever waits is told; whoever asks next tries again.
    tree.catch(() => trees.delete(top));
    return tree;
  };
  return {
    find: async (file) => {
      const [folder, name] = split(file);
      return (await treeOf(file)).get(folder)?.get(name);
    },
    knows: (file) => trees.has(topOf(file)),
    names: (folder) => {
      if (!trees.has(topOf(folder))) return undefined;
      return treeOf(folder).then((tree) => [...(tree.get(folder)?.keys() ?? [])]);
    },
    note: async (file, known) => {
      if (!trees.has(topOf(file))) return;
      const tree = await treeOf(file);
      if (known !== undefined) add(tree, file, known);
      else drop(tree, file);
    },
    forgetAll: () => trees.clear(),
  };
}

async function listTree(bucket: Bucket, top: string): Promise<Tree> {
  const tree: Tree = new Map();
  for await (const { key, sizeBytes, modifiedMs } of bucket.list(`${top}/`)) add(tree, key, { sizeBytes, modifiedMs });
  return tree;
}

function add(tree: Tree, file: string, known: KnownObject | undefined): void {
  const [folder, name] = split(file);
  const names = tree.get(folder);
  if (names !== undefined) {
    names.set(name, known);
    return;
  }
  tree.set(folder, new Map([[name, known]]));
  if (folder.includes('/')) add(tree, folder, undefined);
}

function drop(tree: Tree, file: string): void {
  const [folder, name] = split(file);
  tree.get(folder)?.delete(name);
  if (tree.get(folder)?.size !== 0) return;
  tree.delete(folder);
  if (folder.includes('/')) drop(tree, folder);
}

function split(file: string): [folder: string, name: string] {
  const at = file.lastIndexOf('/');
  return [file.slice(0, Math.max(0, at)), file.slice(at + 1)];
}

function topOf(file: string): string {
  return file.split('/', 1)[0] ?? '';
}
