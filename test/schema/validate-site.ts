import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { digestOf, type Digest } from '../../indexer/model/digest.ts';
import type {
  DocumentReference,
  GenerationsDocument,
  Manifest,
  Pointer,
  RecordShard,
  SearchDocument,
  SearchHead,
} from '../../indexer/model/documents.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import * as layout from '../../indexer/site/layout.ts';
import { atomFaults } from '../markup/atom-rules.ts';
import { htmlFaults } from '../markup/html-rules.ts';
import { parseXml } from '../markup/xml.ts';
import { unpackWords } from '../../indexer/site/search/packing.ts';
import { closeSchemas, compileSchemas, readSchemas } from './contract.ts';

const validatorOf = compileSchemas(closeSchemas(await readSchemas()));

const EVERY_ID = '*/*' as ExtensionId;
/** Path, `*` for any one segment -> schema. */
const SCHEMA_OF: readonly (readonly [path: string, schema: string])[] = [
  [layout.MANIFEST, 'manifest'],
  [layout.LIST, 'list'],
  [layout.extensionPath(EVERY_ID), 'extension'],
  [layout.versionsPath(EVERY_ID), 'versions'],
  [layout.notesPath(EVERY_ID), 'notes'],
  [layout.typePath('*'), 'list'],
  [layout.sourcePath('*'), 'list'],
  ['pages/*', 'list'],
  [layout.SEARCH, 'search'],
  ['search/postings/*', 'search-postings'],
  ['search/records/*', 'search-records'],
  [layout.MEMORY, 'memory'],
  [layout.STATUS, 'status'],
  [layout.CRAWL, 'crawl'],
  [layout.LOOKS, 'looks'],
  [layout.GENERATIONS, 'generations'],
  [layout.badgePath(EVERY_ID), 'badge'],
];
/** Files that are no JSON, by their folder -> what holds them to their own rules. */
const MARKUP: Readonly<Record<string, (text: string) => string[]>> = {
  feeds: atomFaults,
  html: htmlFaults,
  sitemap: xmlFaults,
};
/** Documents that no manifest lists. */
const OUTSIDE = new Set([layout.MANIFEST, ...layout.OUTSIDE_GENERATIONS]);
const BY_HASH = 'by-hash/';
/** Faults of one document that are told. */
const MAX_FAULTS = 5;

export interface SiteCheck {
  /** Files. */
  checked: number;
  /** One sentence each, which names the file; empty for a sound site. */
  faults: string[];
}

interface SiteFile {
  digest: Digest;
  size: number;
  /** Undefined for what is no JSON. */
  value: unknown;
  /** Undefined for what is no UTF-8. */
  text: string | undefined;
}

type SiteFiles = ReadonlyMap<string, SiteFile>;

/**
 * Holds a published site against the contract: each file by the closed schema of its path, each by-hash file against its
 * name, and pointer, manifest and friendly files against each other.
 * @param folder the site's `v1`
 */
export async function validateSite(folder: string): Promise<SiteCheck> {
  const files = await readFiles(folder);
  const faults = [
    ...[...files].flatMap(([name, file]) => (name.startsWith(BY_HASH) ? checkBlob(name, file) : checkFile(name, file))),
    ...checkPointer(files),
    ...checkManifest(files),
    ...checkGenerations(files),
    ...checkSearch(files),
  ];
  return { checked: files.size, faults };
}

async function readFiles(folder: string): Promise<SiteFiles> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found.filter((each) => !each.isDirectory()).map((each) => join(each.parentPath, each.name));
  const files = new Map<string, SiteFile>();
  for (const path of names.sort()) {
    const bytes = await readFile(path);
    const name = relative(folder, path).split(sep).join('/');
    const text = decode(bytes);
    files.set(name, { digest: digestOf(bytes), size: bytes.length, value: text && parseJson(text), text });
  }
  return files;
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function xmlFaults(text: string): string[] {
  try {
    parseXml(text);
    return [];
  } catch (error) {
    return [`It is no XML: ${String(error)}.`];
  }
}

/** What is no JSON is a page or a feed, which its friendly file is held to the rules of. */
function checkBlob(name: string, { digest, value, text }: SiteFile): string[] {
  if (layout.blobOf(digest) !== name) return [`${name} has the digest ${digest}, which is not its name.`];
  return value === undefined && text?.startsWith('<') !== true ? [`${name} is not JSON in UTF-8.`] : [];
}

function checkFile(name: string, { value, text }: SiteFile): string[] {
  const rules = /\.(?:xml|html)$/.test(name) ? MARKUP[name.split('/')[0] ?? ''] : undefined;
  if (rules !== undefined) {
    const faults = text === undefined ? ['it is not UTF-8'] : rules(text);
    return faults.slice(0, MAX_FAULTS).map((fault) => `${name}: ${fault}`);
  }
  const schema = schemaOf(name, value);
  if (schema === undefined) return [`${name} is the file of no document.`];
  if (value === undefined) return [`${name} is not JSON in UTF-8.`];
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, MAX_FAULTS).map(({ instancePath, message, params }) => {
    return `${name}${instancePath} ${message} (${schema}.schema.json; ${JSON.stringify(params)}).`;
  });
}

function schemaOf(file: string, value: unknown): string | undefined {
  if (file === layout.POINTER_FILE) return 'pointer';
  if (file === layout.fileOf(layout.SEARCH) && isHead(value)) return 'search-head';
  const segments = file.split('/');
  return SCHEMA_OF.find(([path]) => {
    const pattern = layout.fileOf(path).split('/');
    const fits = (each: string, segment = ''): boolean =>
      each.startsWith('*') ? segment.endsWith(each.slice(1)) : each === segment;
    return pattern.length === segments.length && pattern.every((each, at) => fits(each, segments[at]));
  })?.[1];
}

function isHead(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'form' in value && value.form === 'shards';
}

/** A document that can be looked into: `checkFile` has told what is wrong with any other. */
function soundDocument<T>(files: SiteFiles, name: string): T | undefined {
  const value = files.get(name)?.value;
  return validatorOf(schemaOf(name, value) ?? '')(value) ? (value as T) : undefined;
}

function checkPointer(files: SiteFiles): string[] {
  if (!files.has(layout.POINTER_FILE)) return [`${layout.POINTER_FILE} is missing.`];
  const pointer = soundDocument<Pointer>(files, layout.POINTER_FILE);
  if (pointer === undefined) return [];
  return [
    ...checkReference(files, layout.MANIFEST, pointer.manifest),
    ...checkReference(files, layout.SEARCH, pointer.search),
  ];
}

/** What the pointer refers to is there, and is the friendly document, too. */
function checkReference(files: SiteFiles, path: string, reference: DocumentReference): string[] {
  return [
    ...checkBytes(files, reference.path, reference).map((fault) => `The pointer's ${path}: ${fault}`),
    ...checkBytes(files, layout.fileOf(path), reference).map((fault) => `The pointer's ${path}: ${fault}`),
  ];
}

function checkManifest(files: SiteFiles): string[] {
  const manifest = soundDocument<Manifest>(files, layout.fileOf(layout.MANIFEST));
  if (manifest === undefined) return [];
  const documents = Object.entries(manifest.documents);
  const listed = new Set([layout.POINTER_FILE, ...[...OUTSIDE, ...documents.map(([path]) => path)].map(layout.fileOf)]);
  const stray = [...files.keys()].filter((name) => !name.startsWith(BY_HASH) && !listed.has(name));
  return [
    ...documents.flatMap(([path, entry]) => [
      ...checkBytes(files, layout.fileOf(path), entry),
      ...checkBytes(files, layout.blobOf(entry.digest), entry),
    ]),
    ...stray.map((name) => `${name} is not in the manifest.`),
  ];
}

function checkBytes(files: SiteFiles, name: string, wanted: { digest: Digest; size: number }): string[] {
  const file = files.get(name);
  if (file === undefined) return [`${name} is missing.`];
  if (file.digest === wanted.digest && file.size === wanted.size) return [];
  return [`${name} has ${file.digest} and ${file.size} bytes, not ${wanted.digest} and ${wanted.size} bytes.`];
}

/** The first is the pointer's, each number is lower than the one before, and every document of each is there. */
function checkGenerations(files: SiteFiles): string[] {
  const name = layout.fileOf(layout.GENERATIONS);
  const kept = soundDocument<GenerationsDocument>(files, name)?.generations;
  if (kept === undefined) return [];
  const pointer = soundDocument<Pointer>(files, layout.POINTER_FILE);
  const [first] = kept;
  const isFirst = first?.generation === pointer?.generation && first?.manifest.digest === pointer?.manifest.digest;
  const falls = kept.every((each, at) => at === 0 || each.generation < (kept[at - 1]?.generation ?? 0));
  return [
    ...(isFirst ? [] : [`${name} begins with ${first?.generation}, the pointer says ${pointer?.generation}.`]),
    ...(falls ? [] : [`${name} is in no order.`]),
    ...kept.flatMap(({ generation, manifest }) => [
      ...checkBytes(files, manifest.path, manifest),
      ...Object.values((files.get(manifest.path)?.value as Manifest | undefined)?.documents ?? {})
        .flatMap((each) => checkBytes(files, layout.blobOf(each.digest), each))
        .map((fault) => `Generation ${generation}: ${fault}`),
    ]),
  ];
}

/** What JSON Schema cannot say of search: columns of one length, and a head that names the shards that are there. */
function checkSearch(files: SiteFiles): string[] {
  const name = layout.fileOf(layout.SEARCH);
  const search = soundDocument<SearchDocument | SearchHead>(files, name);
  if (search === undefined) return [];
  if (search.form === 'shards') return checkShards(files, search);
  const { schema: _schema, form: _form, deprecated, yanked, ...columns } = search;
  const count = columns.name.length;
  return [
    ...checkColumns(name, columns),
    ...[...deprecated, ...yanked]
      .filter((row) => row >= count)
      .map((row) => `${name} names a row ${row} that there is not.`),
  ];
}

function checkColumns(name: string, columns: Record<string, readonly unknown[]>): string[] {
  const lengths = Object.entries(columns).map(([column, rows]) => `${column} ${rows.length}`);
  const isEven = new Set(Object.values(columns).map((rows) => rows.length)).size === 1;
  return isEven ? [] : [`${name} has columns of several lengths: ${lengths.join(', ')}.`];
}

function checkShards(files: SiteFiles, head: SearchHead): string[] {
  const name = layout.fileOf(layout.SEARCH);
  const digestsOf = (digests: readonly Digest[], pathOf: (number: number) => string): string[] =>
    digests.flatMap((digest, number) =>
      files.get(layout.fileOf(pathOf(number)))?.digest === digest
        ? []
        : [`${name}: ${pathOf(number)} is not ${digest}.`],
    );
  const words = unpackWords(head.words);
  const counted = head.posting_words.reduce((sum, each) => sum + each, 0);
  return [
    ...digestsOf(head.postings, layout.postingsPath),
    ...digestsOf(head.records, layout.recordsPath),
    ...(words.length === counted && head.marks.length === counted
      ? []
      : [`${name} has ${words.length} words, not ${counted}.`]),
    ...(Math.ceil(head.rows / head.record_rows) === head.records.length
      ? []
      : [`${name} has too few shards for its rows.`]),
    ...head.records.flatMap((_, number) => {
      const file = layout.fileOf(layout.recordsPath(number));
      const { schema: _schema, absent, ...columns } = soundDocument<RecordShard>(files, file) ?? { absent: [] };
      const rows = Math.min(head.record_rows, head.rows - number * head.record_rows);
      const isFull = 'name' in columns && columns.name.length + absent.length === rows;
      return [...checkColumns(file, columns), ...(isFull ? [] : [`${file} has not ${rows} rows.`])];
    }),
  ];
}
