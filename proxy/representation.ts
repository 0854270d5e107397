import { chooseCoding, type ChosenCoding } from './accept-encoding.ts';
import { CACHE_CONTROL } from '../indexer/site/cache-control.ts';
import { etagOf, type Document } from './document.ts';
import { isNoneMatch } from './entity-tag.ts';

export type DocumentClass = 'forever' | 'pointer' | 'document';

/** One answer to requests for a document, ready to be sent. */
export interface Ready {
  status: 200 | 304;
  headers: Readonly<Record<string, string>>;
  /** `headers`, and the fields of every answer, as `writeHead` takes them without looking at them again. */
  rawHeaders: string[];
  body: Buffer | undefined;
}

/** A document in one content coding (RFC 9110, section 8), with all that is said of it. */
export interface Representation {
  etag: string;
  whole: Ready;
  notModified: Ready;
}

/** The representations of one class of documents, each made once. */
export interface Representations {
  /** @param acceptEncoding the field of the request */
  codingFor(document: Document, acceptEncoding: string | string[] | undefined): ChosenCoding;
  /** What has been made already. */
  held(document: Document, coding: ChosenCoding): Representation | undefined;
  make(document: Document, coding: ChosenCoding): Promise<Representation>;
}

export interface RepresentationOptions {
  compress: boolean;
  /** The fields of every answer, whoever asks; Vary among them is added to. */
  common: Readonly<Record<string, string>>;
}

/**
 * Common fields that say something only of a body: a cache keeps those that it has (RFC 9110, section 15.4.5; RFC 9111,
 * section 3.2), and each costs 3 % of a 304.
 */
export const OF_BODIES: ReadonlySet<string> = new Set([
  'access-control-expose-headers',
  'cross-origin-resource-policy',
  'x-content-type-options',
]);

const JSON_TYPE = 'application/json';
/** The policy that pages below `html/` say themselves, and what only a header can say: they are in no frame of another site. */
const PLAIN_PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function createRepresentations(
  documentClass: DocumentClass,
  { compress, common }: RepresentationOptions,
): Representations {
  // They live as long as the document is kept.
  const made = new WeakMap<Document, Partial<Record<ChosenCoding, Representation>>>();
  const ready = (status: Ready['status'], headers: Record<string, string>, body?: Buffer): Ready => {
    const vary = [common['vary'], headers['vary']].filter((each) => each !== undefined).join(', ');
    const all = Object.entries({ ...common, ...headers, vary });
    const sent = all.filter(([name]) => status !== 304 || !OF_BODIES.has(name));
    return { status, headers, rawHeaders: sent.flat(), body };
  };
  return {
    codingFor: (document, acceptEncoding) =>
      compress && document.isCompressible ? chooseCoding(acceptEncoding) : 'identity',
    held: (document, coding) => made.get(document)?.[coding],
    make: async (document, coding) => {
      const body = coding === 'identity' ? document.bytes : await document.encoded(coding);
      const etag = etagOf(document, coding);
      const validators = {
        etag,
        'cache-control': CACHE_CONTROL[documentClass],
        // Also on identity: a cache that keeps it must not give it to a client that asks otherwise, nor the other way.
        vary: 'Accept-Encoding',
      };
      // A by-hash file is named `.json` whatever it holds, every host goes by the name, and no browser runs what is JSON.
      const mediaType = documentClass === 'forever' ? JSON_TYPE : document.mediaType;
      const headers = {
        ...validators,
        'content-type': `${mediaType}; charset=utf-8`,
        ...(mediaType !== JSON_TYPE && { 'content-security-policy': PLAIN_PAGE_POLICY }),
        'content-length': String(body.length),
        ...(coding !== 'identity' && { 'content-encoding': coding }),
      };
      const representation = { etag, whole: ready(200, headers, body), notModified: ready(304, validators) };
      made.set(document, { ...made.get(document), [coding]: representation });
      return representation;
    },
  };
}

/** The answer to a request with this If-None-Match. */
export function conditional({ etag, whole, notModified }: Representation, ifNoneMatch: string | undefined): Ready {
  // What nearly everybody sends needs no parsing.
  return ifNoneMatch === etag || isNoneMatch(ifNoneMatch, etag) ? notModified : whole;
}
