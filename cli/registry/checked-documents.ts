import { isSafeAssetName } from '../../indexer/model/asset-name.ts';
import { isDigest } from '../../indexer/model/digest.ts';
import type {
  AssetEntry,
  Deprecation,
  ExtensionDocument,
  Item,
  PostingShard,
  RecordShard,
  SearchDocument,
  SearchHead,
  VersionEntry,
} from '../../indexer/model/documents.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { isNameSegment, type ExtensionId } from '../../indexer/model/extension.ts';
import type { Problem } from '../../indexer/model/problem.ts';

/*
 * A document's bytes are those that the site names, but a site may be anybody's: what becomes a path, a request or a
 * comparison is checked here, once. Texts for people are not; whoever prints them strips control characters.
 */

/** Rows that search can number. */
const MAX_ROWS = 2 ** 22;

export function parseItems(bytes: Buffer, subject: string): Item[] {
  const items = parseArray<Item>(bytes, subject);
  if (!items.every(isItem)) throw malformed(subject);
  return items;
}

export function parseExtension(bytes: Buffer, id: ExtensionId): ExtensionDocument {
  const subject = `The document of ${id}`;
  const document = parseJson(bytes, subject) as Partial<ExtensionDocument> | null;
  const isSound =
    isObject(document) &&
    isItem(document) &&
    isTold(document) &&
    `${document.type}/${document.name}` === id &&
    isArrayOf(document.assets, isAsset) &&
    isArrayOf(document.versions, isVersionText);
  if (!isSound) throw malformed(subject);
  return document as ExtensionDocument;
}

export function parseVersions(bytes: Buffer, id: ExtensionId): VersionEntry[] {
  const subject = `The versions of ${id}`;
  const entries = parseArray<VersionEntry>(bytes, subject);
  if (!entries.every(isEntry)) throw malformed(subject);
  return entries;
}

/** The slim list, or the head of its shards. */
export function parseSearchDocument(bytes: Buffer): SearchDocument | SearchHead {
  const subject = 'The search document';
  const document = parseJson(bytes, subject) as Partial<SearchDocument> | Partial<SearchHead> | null;
  if (!isObject(document) || document.schema !== 1) throw malformed(subject);
  const isSound =
    document.form === 'list'
      ? areColumns(document) && [document.deprecated, document.yanked].every((each) => isArrayOf(each, isCount))
      : document.form === 'shards' && isHead(document);
  if (!isSound) throw malformed(subject);
  return document as SearchDocument | SearchHead;
}

/** One of the documents that the head of search names. */
export function parseSearchShard(bytes: Buffer): PostingShard | RecordShard {
  const subject = 'A shard of search';
  const shard = parseJson(bytes, subject) as Partial<PostingShard & RecordShard> | null;
  const isSound =
    isObject(shard) &&
    (shard.places === undefined
      ? areColumns(shard) && isArrayOf(shard.absent, isCount)
      : [shard.rows, shard.places].every((each) => isArrayOf(each, isText)));
  if (!isSound) throw malformed(subject);
  return shard as PostingShard | RecordShard;
}

function areColumns({ type, name, version, description, author, source, tags }: Partial<SearchDocument>): boolean {
  const columns = [type, name, version, description, author, source, tags];
  return (
    columns.every((each) => Array.isArray(each) && each.length === name?.length) &&
    [type, name, version, description, author].every(isTexts) &&
    [new Set(type), name].every(isNames) &&
    [source, tags].every(isLists)
  );
}

function isHead({ words, marks, deprecated, ...head }: Partial<SearchHead>): boolean {
  const { extensions, rows, record_rows, postings, posting_words, records } = head;
  return (
    [words, marks, deprecated].every(isText) &&
    [extensions, rows, record_rows].every(isCount) &&
    isArrayOf(posting_words, isCount) &&
    posting_words?.reduce((sum, each) => sum + each, 0) === marks?.length &&
    [postings, records].every((each) => isArrayOf(each, (digest) => isText(digest) && isDigest(digest)))
  );
}

/** Of rows or words: more than there can be would only take memory. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_ROWS;
}

/** Ten thousand of them are checked before a list is filtered: what is only printed as it is, is not looked at. */
function isItem(item: Partial<Item>): boolean {
  if (!isObject(item)) return false;
  const { type, name, version, description, author, source, sources = [], tags = [] } = item;
  return (
    isText(type) &&
    isText(name) &&
    isTexts([description, author, source]) &&
    isNameSegment(type) &&
    isNameSegment(name) &&
    isVersionText(version) &&
    isLists([sources, tags])
  );
}

/** What `show` says of an extension beside its versions and assets. */
function isTold(document: Partial<ExtensionDocument>): boolean {
  const { repository, published_at, license, homepage, first_seen, deprecated, problems = [] } = document;
  return (
    [repository, published_at].every(isText) &&
    [license, homepage, first_seen].every((each) => each === undefined || isText(each)) &&
    (deprecated === undefined || isDeprecation(deprecated)) &&
    isArrayOf(problems, isProblem)
  );
}

function isProblem(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { code, detail, remedy } = value as Partial<Problem>;
  return [code, detail, remedy].every(isText);
}

function isEntry(entry: Partial<VersionEntry>): boolean {
  return (
    isObject(entry) &&
    isVersionText(entry.version) &&
    [entry.published_at, entry.first_seen].every(isText) &&
    isArrayOf(entry.sources, isText) &&
    isOptionalDigest(entry.checksum) &&
    (entry.yanked === undefined || isText(entry.yanked?.reason)) &&
    (entry.deprecated === undefined || isDeprecation(entry.deprecated)) &&
    isArrayOf(entry.assets, isAsset)
  );
}

function isDeprecation(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { message, replacement } = value as Partial<Deprecation>;
  return isText(message) && (replacement === undefined || isText(replacement));
}

function isAsset(asset: unknown): boolean {
  if (!isObject(asset)) return false;
  const { name, size, digest, media_type, download_url } = asset as Partial<AssetEntry>;
  return (
    isText(name) &&
    isText(media_type) &&
    isSafeAssetName(name) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    isOptionalDigest(digest) &&
    isText(download_url)
  );
}

/** What a version is written with, so that it can be part of a path; whether it is one, says who compares it. */
function isVersionText(text: unknown): boolean {
  return typeof text === 'string' && text.length <= 128 && /^\d+\.\d+\.\d+[0-9A-Za-z.+-]*$/.test(text);
}

function isOptionalDigest(digest: unknown): boolean {
  return digest === undefined || (typeof digest === 'string' && isDigest(digest));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isArrayOf(value: unknown, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

/*
 * Loops without a call for each value: a search document has ten thousand rows of seven, and they are checked at every
 * start, before the engine has made anything of a function fast.
 */

function isTexts(values: readonly unknown[] = []): boolean {
  for (const each of values) if (typeof each !== 'string') return false;
  return true;
}

function isLists(lists: readonly unknown[] = []): boolean {
  for (const list of lists) {
    if (!Array.isArray(list)) return false;
    for (const each of list) if (typeof each !== 'string') return false;
  }
  return true;
}

function isNames(names: Iterable<string> = []): boolean {
  for (const each of names) if (!isNameSegment(each)) return false;
  return true;
}

function parseArray<T>(bytes: Buffer, subject: string): T[] {
  const value = parseJson(bytes, subject);
  if (!Array.isArray(value)) throw malformed(subject);
  return value as T[];
}

function parseJson(bytes: Buffer, subject: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw malformed(subject, cause);
  }
}

function malformed(subject: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'invalid_site',
    `${subject} is not what a registry publishes; see that the site is the right one, and tell who runs it.`,
    { cause },
  );
}
