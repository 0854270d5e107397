import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSafeAssetName } from '../../indexer/model/asset-name.ts';
import { parseDigest, type Digest } from '../../indexer/model/digest.ts';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { compareText, parseExtensionId, type ExtensionId } from '../../indexer/model/extension.ts';
import { parseVersion, type Version } from '../../indexer/model/version.ts';
import { ignore, NO_FILE, storageError } from '../../indexer/storage/storage-error.ts';

/*
 * `extensions.lock` is TOML of one form only: a block for each extension, in the order of their names, a key a line.
 * So two branches that each add an extension merge, and a diff shows what changed and nothing else.
 */

export const LOCK_FILE = 'extensions.lock';

/** What was chosen for one extension, for every machine alike. */
export interface LockedExtension {
  id: ExtensionId;
  version: Version;
  asset: string;
  /** Bytes. */
  size: number;
  digest: Digest;
  /** Where, and of which generation, it was chosen. */
  site: string;
  generation: number;
}

/** In the order of the names. */
export type Lock = ReadonlyMap<ExtensionId, LockedExtension>;

const SCHEMA = 1;
const INTRODUCTION = `# What extensions.toml was resolved to. Written by extension install: commit it, and leave the changes to the program.
schema = ${SCHEMA}
`;
const BLOCK = '[[extension]]';

/** The keys of a block, in their order, each with the check of its value. */
const KEYS = {
  id: (value: unknown) => parseExtensionId(String(value)),
  version: (value: unknown) => parseVersion(String(value)),
  asset: (value: unknown) => requireThat(isSafeAssetName(String(value)), String(value), 'is no name of a file'),
  size: (value: unknown) => requireThat(isCount(value), Number(value), 'is no number of bytes'),
  digest: (value: unknown) => parseDigest(String(value)),
  site: (value: unknown) => requireThat(typeof value === 'string' && value !== '', String(value), 'is no site'),
  generation: (value: unknown) => requireThat(isCount(value), Number(value), 'is no generation'),
} as const;
const NAMES = Object.keys(KEYS) as (keyof typeof KEYS)[];

/** The `extensions.lock` of a folder; undefined where it has none. @throws RegistryError `config`, `storage` */
export async function readLock(folder: string): Promise<Lock | undefined> {
  const file = join(folder, LOCK_FILE);
  const text = await readFile(file, 'utf8')
    .catch(ignore(NO_FILE))
    .catch((cause: unknown) => {
      throw storageError(cause, `read ${file}`);
    });
  return text === undefined ? undefined : parseLock(text);
}

export function renderLock(lock: Lock): string {
  const blocks = [...lock.values()]
    .sort((a, b) => compareText(a.id, b.id))
    .map((entry) => `\n${BLOCK}\n${NAMES.map((name) => `${name} = ${renderValue(entry[name])}\n`).join('')}`);
  return INTRODUCTION + blocks.join('');
}

/** @throws RegistryError `config` that names the line */
export function parseLock(text: string): Lock {
  const lock = new Map<ExtensionId, LockedExtension>();
  const lines = text.split(/\r?\n/).map((content, at) => ({ content, number: at + 1 }));
  const said = lines.filter(({ content }) => content !== '' && !content.startsWith('#'));
  const [first, ...rest] = said;
  readSchema(first);
  for (let at = 0; at < rest.length; at += NAMES.length + 1) {
    const [head, ...body] = rest.slice(at, at + NAMES.length + 1);
    if (head?.content !== BLOCK) throw wrongLine(head, `must be ${BLOCK}`);
    const entry = readBlock(head, body);
    if (lock.has(entry.id)) throw wrongLine(head, `is about ${entry.id} once more`);
    lock.set(entry.id, entry);
  }
  return lock;
}

interface Line {
  content: string;
  /** From 1. */
  number: number;
}

function readSchema(line: Line | undefined): void {
  const [, schema] = /^schema = (\d+)$/.exec(line?.content ?? '') ?? [];
  if (schema === undefined) throw wrongLine(line, `must be schema = ${SCHEMA}`);
  if (Number(schema) > SCHEMA) throw wrongLine(line, `is of a newer program: upgrade this one`);
}

function readBlock(head: Line, body: readonly Line[]): LockedExtension {
  const values = NAMES.map((name, at) => {
    const line = body[at];
    if (line === undefined) throw wrongLine(head, `begins a block that has no ${name}`);
    const [, key, value = ''] = /^([a-z]+) = (.+)$/.exec(line.content) ?? [];
    if (key !== name) throw wrongLine(line, `must be ${name} = …`);
    try {
      return [name, KEYS[name](parseValue(value))] as const;
    } catch (cause) {
      throw wrongLine(line, messageOf(cause));
    }
  });
  return Object.fromEntries(values) as unknown as LockedExtension;
}

/** Numbers and basic strings are written alike in TOML and JSON. */
function parseValue(text: string): unknown {
  const value: unknown = /^(?:"|\d)/.test(text) ? JSON.parse(text) : undefined;
  return requireThat(typeof value === 'string' || typeof value === 'number', value, 'is neither a text nor a number');
}

function renderValue(value: string | number): string {
  // TOML leaves no control character as it is (TOML 1.0.0, "String"), JSON this one.
  return JSON.stringify(value).replaceAll('\u007F', String.raw`\u007f`);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function requireThat<T>(condition: boolean, value: T, otherwise: string): T {
  if (condition) return value;
  throw new RegistryError('config', `${JSON.stringify(value)} ${otherwise}.`);
}

function wrongLine(line: Line | undefined, why: string): RegistryError {
  const where = line === undefined ? `${LOCK_FILE} is empty: its first line` : `${LOCK_FILE}, line ${line.number}`;
  const conflict = /^(?:<{7}|={7}|>{7}|\|{7})/.test(line?.content ?? '');
  const what = conflict ? 'is the mark of a merge conflict' : why.replace(/\.$/, '');
  return new RegistryError(
    'config',
    `${where} ${what}; take the file from version control again, or remove it and run extension install.`,
  );
}
