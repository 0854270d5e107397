import { RegistryError } from '../../indexer/model/errors.ts';
import { printable, refusedEntry } from './entry-path.ts';

export type NodeKind = 'folder' | 'file' | 'link';

interface Node {
  path: string;
  kind: NodeKind;
}

/** The names of an archive as they are claimed one after the other, each once. Nothing is read or written. */
export interface ArchiveTree {
  /** The folders that this needs and that were not there before, outermost first. @throws RegistryError `bad_answer`, `too_large` */
  addFolder(path: readonly string[]): string[];
  /** @returns as `addFolder`, for what it lies in */
  addFile(path: readonly string[]): string[];
  /** @returns as `addFolder`, for what it lies in */
  addLink(path: readonly string[], target: string): string[];
  kindOf(path: string): NodeKind | undefined;
  /** Every link with its target, once all of them are known to lead to something in the archive. */
  links(): readonly (readonly [path: string, target: string])[];
}

/** @param maxEntries folders that only a path names count as well */
export function createArchiveTree(maxEntries: number): ArchiveTree {
  const nodes = new Map<string, Node>();
  const targets = new Map<string, string>();
  const kindOf = (path: string): NodeKind | undefined => {
    const node = nodes.get(foldedName(path));
    return node?.path === path ? node.kind : undefined;
  };

  /** Whether it is new. */
  const claim = (path: string, kind: NodeKind): boolean => {
    const key = foldedName(path);
    const taken = nodes.get(key);
    if (taken !== undefined) {
      const again = taken.path === path && taken.kind === 'folder' && kind === 'folder';
      if (!again) throw refusedEntry(path, clash(path, taken));
      return false;
    }
    if (nodes.size >= maxEntries) {
      throw new RegistryError('too_large', `It has more than the ${maxEntries} entries that are allowed.`);
    }
    nodes.set(key, { path, kind });
    return true;
  };
  const addFolder = (path: readonly string[]): string[] => {
    const paths = path.map((_, index) => path.slice(0, index + 1).join('/'));
    return paths.filter((each) => claim(each, 'folder'));
  };
  const addLeaf = (path: readonly string[], kind: NodeKind): string[] => {
    const folders = addFolder(path.slice(0, -1));
    claim(path.join('/'), kind);
    return folders;
  };

  return {
    addFolder,
    addFile: (path) => addLeaf(path, 'file'),
    addLink: (path, target) => {
      const folders = addLeaf(path, 'link');
      targets.set(path.join('/'), target);
      return folders;
    },
    kindOf,
    links: () => {
      for (const [path, target] of targets) checkTarget(path, target, kindOf);
      return [...targets];
    },
  };
}

/** What a file system that ignores case, or how accents are encoded, takes for the same name. */
export function foldedName(path: string): string {
  // Upper case first: it makes one of letters that lower case leaves apart, such as ß and ss.
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function clash(path: string, taken: Node): string {
  if (taken.path === path) return taken.kind === 'folder' ? 'is a folder as well' : 'is there twice, or lies in a file';
  return `has the same name as ${printable(taken.path)} where case or accents do not count`;
}

/**
 * A link may name a file, a folder or another link of the archive, by way of real folders only: then neither the link
 * nor a chain of them leaves the archive, whatever the other links are.
 */
function checkTarget(link: string, target: string, kindOf: ArchiveTree['kindOf']): void {
  if (target.startsWith('/') || /[\\:]/.test(target)) throw refusedEntry(link, 'is a link to an absolute path');
  const steps = target.split('/').filter((each) => each !== '' && each !== '.');
  const at = link.split('/').slice(0, -1);
  for (const [index, step] of steps.entries()) {
    if (step === '..') {
      if (at.pop() === undefined) throw refusedEntry(link, 'is a link that leads out of the archive');
      continue;
    }
    at.push(step);
    const kind = kindOf(at.join('/'));
    const isLast = index === steps.length - 1;
    if (kind === undefined || (!isLast && kind !== 'folder')) {
      throw refusedEntry(link, `is a link to ${printable(target)}, which is no entry of the archive`);
    }
  }
}
