import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { digestOf, hexOf, type Digest } from '../indexer/model/digest.ts';
import type { ContentCoding } from './accept-encoding.ts';

/** Below this, headers outweigh what compression could save. */
const MIN_COMPRESSED_BYTES = 1024;
/** At quality 4 brotli is as fast as gzip at its default and smaller. */
const BROTLI_QUALITY = 4;

const compressors: Readonly<Record<ContentCoding, (bytes: Uint8Array) => Promise<Buffer>>> = {
  gzip: promisify<Uint8Array, Buffer>(gzip),
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
};

/** A text as it is served, in each coding that somebody wanted. */
export interface Document {
  readonly bytes: Buffer;
  readonly digest: Digest;
  /** Without a parameter. */
  readonly mediaType: string;
  readonly isCompressible: boolean;
  /** Made once, on first want. */
  encoded(coding: ContentCoding): Promise<Buffer>;
  /** Parsed once; its shape is the publisher's, whose digest has been checked. */
  json<T>(): T;
}

/** @param digest where it is known already */
export function createDocument(
  bytes: Buffer,
  digest: Digest = digestOf(bytes),
  mediaType = 'application/json',
): Document {
  const encodings = new Map<ContentCoding, Promise<Buffer>>();
  let parsed: unknown;
  return {
    bytes,
    digest,
    mediaType,
    isCompressible: bytes.length >= MIN_COMPRESSED_BYTES,
    encoded: (coding) => {
      const made = encodings.get(coding) ?? compressors[coding](bytes).then(compact);
      encodings.set(coding, made);
      return made;
    },
    json: <T>() => (parsed ??= JSON.parse(bytes.toString('utf8'))) as T,
  };
}

/** zlib's result keeps all that it had room for: 16 KB and more, however little was written. */
function compact(bytes: Uint8Array): Buffer {
  return Buffer.from(Uint8Array.from(bytes).buffer);
}

/** Strong, and another for each coding (RFC 9110, section 8.8.3.3), so that no cache mixes their bytes. */
export function etagOf(document: Document, coding: ContentCoding | 'identity'): string {
  const stem = hexOf(document.digest).slice(0, 32);
  return coding === 'identity' ? `"${stem}"` : `"${stem}-${coding}"`;
}
