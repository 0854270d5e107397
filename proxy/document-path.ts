import { parseDigest, type Digest } from '../indexer/model/digest.ts';
import { isFilePath, LIST, POINTER_FILE } from '../indexer/site/layout.ts';
import { ApiError } from './error-table.ts';

export type CacheName = 'list' | 'metadata' | 'versions';

export interface DocumentKind {
  /** The cache that keeps it: one extension's metadata, its versions and notes, or the lists of many. */
  cache: CacheName;
  /** The route that serves it, for metrics. */
  route: string;
}

const POINTER: DocumentKind = { cache: 'list', route: '/api/v1' };
const ALL: DocumentKind = { cache: 'list', route: '/api/v1/extensions' };
const EXTENSION: DocumentKind = { cache: 'metadata', route: '/api/v1/extensions/:type/:name' };
const VERSIONS: DocumentKind = { cache: 'versions', route: '/api/v1/extensions/:type/:name/versions' };
const NOTES: DocumentKind = { cache: 'versions', route: '/api/v1/extensions/:type/:name/notes' };
const OTHER: DocumentKind = { cache: 'list', route: '/api/v1/*' };

/** What a segment of a document's path may be: nothing else is looked up anywhere. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,199}$/;
const BLOB = /^by-hash\/sha256\/([0-9a-f]{2})\/(\1[0-9a-f]{62})\.json$/;

/** What the literal path of a document ends in. */
const LITERAL = `/${POINTER_FILE}`;

/** @param path a document's, such as `extensions/provider/aws`; empty for the pointer */
export function kindOf(path: string): DocumentKind {
  if (path === '') return POINTER;
  if (path === LIST) return ALL;
  if (!path.startsWith(`${LIST}/`)) return OTHER;
  // Found by counting slashes: splitting costs 2 % of a hot read.
  const name = path.indexOf('/', LIST.length + 1);
  const part = path.indexOf('/', name + 1);
  if (name < 0) return OTHER;
  if (part < 0) return EXTENSION;
  return path.startsWith('/versions', part) ? VERSIONS : path.startsWith('/notes', part) ? NOTES : OTHER;
}

/**
 * Three spellings are one document: `extensions`, `extensions/` and, its literal file, `extensions/index.json`; but a path
 * that is a file's name has one only.
 * @param path what follows `/api/v1/`
 */
export function withoutFile(path: string): string {
  if (path === POINTER_FILE) return '';
  const end = path.endsWith(LITERAL) ? LITERAL.length : Number(path.endsWith('/'));
  return end === 0 || isFilePath(path) ? path : path.slice(0, -end);
}

/** @param text what follows `/api/v1/` @throws ApiError */
export function parseDocumentPath(text: string): string {
  const path = withoutFile(text);
  if (!path.split('/').every((each) => SEGMENT.test(each))) {
    throw new ApiError('invalid_request', 'The path has a segment that no document has; see /api/v1/extensions.');
  }
  return path;
}

/** The digest in the path of a document by its bytes; undefined for any other path. */
export function blobDigestOf(path: string): Digest | undefined {
  const hex = path.startsWith('by-hash/') ? BLOB.exec(path)?.[2] : undefined;
  return hex === undefined ? undefined : parseDigest(`sha256:${hex}`);
}
