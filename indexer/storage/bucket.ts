import { single } from '../http/exchange.ts';
import type { WholeAnswer } from '../http/whole-answer.ts';
import { RegistryError } from '../model/errors.ts';
import { parseListing, type Listed } from './bucket-answers.ts';
import { createBucketRequests, keyWithin, sha256, type BucketOptions, type BucketRequests } from './bucket-requests.ts';

/** An object as it was read, with the store's own clock then. */
export interface StoredObject {
  bytes: Buffer;
  etag: string;
  modifiedMs: number;
  /** Of the store, when it answered. */
  nowMs: number;
  headers: WholeAnswer['headers'];
}

/** Only while there is no object, or only while it is still the one that had this ETag (RFC 9110, section 13.1). */
export type Condition = 'absent' | { etag: string };

export interface PutOptions {
  headers: Readonly<Record<string, string>>;
  condition?: Condition;
}

/** The objects of a bucket below its prefix, by the S3 REST API; each change is seen whole or not at all. */
export interface Bucket {
  readonly name: string;
  get(key: string, maxBytes: number): Promise<StoredObject | undefined>;
  /** The same without its bytes. */
  head(key: string): Promise<StoredObject | undefined>;
  /** @returns the new ETag; undefined where the condition does not hold */
  put(key: string, bytes: Uint8Array, options: PutOptions): Promise<string | undefined>;
  /** Within the store; false where there is nothing to copy. */
  copy(from: string, to: string, headers: Readonly<Record<string, string>>): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Keys that begin so; with `flat` those of one folder, and its folders. */
  list(prefix: string, flat?: 'flat'): AsyncGenerator<Listed>;
  close(): Promise<void>;
}

/** Its header is all that is asked for. */
const NO_BYTES = 0;
/** A page of 1,000 keys of at most 1,024 bytes, each written as three. */
const MAX_LISTING_BYTES = 8 * 1024 * 1024;

export function createBucket(options: BucketOptions): Bucket {
  const { place, now } = options;
  const requests = createBucketRequests(options);
  const { name, send } = requests;

  const read = async (method: 'GET' | 'HEAD', key: string, maxBytes: number): Promise<StoredObject | undefined> => {
    const answer = await send({ method, key, headers: {} }, [200, 404], maxBytes);
    if (answer.status === 404) return undefined;
    if (answer.bytes.length > maxBytes) {
      throw new RegistryError('too_large', `${name}/${key} is larger than the ${maxBytes} bytes allowed.`);
    }
    return storedFrom(answer, now);
  };

  return {
    name,
    get: (key, maxBytes) => read('GET', key, maxBytes),
    head: (key) => read('HEAD', key, NO_BYTES),
    put: async (key, bytes, { headers, condition }) => {
      // A key that is not there cannot have the ETag: 404 by AWS and MinIO.
      const statuses = condition === undefined ? [200] : [200, 404, 412];
      const fields = {
        ...headers,
        ...conditionFields(condition),
        'x-amz-checksum-sha256': sha256(bytes, 'base64'),
      };
      const answer = await send({ method: 'PUT', key, headers: fields, body: bytes }, statuses);
      return answer.status === 200 ? (single(answer.headers['etag']) ?? '') : undefined;
    },
    copy: async (from, to, headers) => {
      const source = `/${place.bucket}/${keyWithin(place, from)}`;
      const fields = { ...headers, 'x-amz-copy-source': source, 'x-amz-metadata-directive': 'REPLACE' };
      return (await send({ method: 'PUT', key: to, headers: fields }, [200, 404])).status === 200;
    },
    remove: async (key) => void (await send({ method: 'DELETE', key, headers: {} }, [200, 204, 404])),
    list: (prefix, flat) => listKeys(requests, { start: keyWithin(place, ''), prefix, flat }),
    close: () => requests.close(),
  };
}

interface Listing {
  /** What every key begins with. */
  start: string;
  prefix: string;
  flat: 'flat' | undefined;
}

/** S3 API reference, ListObjectsV2. */
async function* listKeys({ name, send }: BucketRequests, { start, prefix, flat }: Listing): AsyncGenerator<Listed> {
  let next: string | undefined;
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix: start + prefix,
      ...(flat !== undefined && { delimiter: '/' }),
      ...(next !== undefined && { 'continuation-token': next }),
    };
    const { bytes } = await send({ method: 'GET', query, headers: {} }, [200], MAX_LISTING_BYTES);
    const page = parseListing(bytes, name);
    for (const each of page.listed) yield { ...each, key: each.key.slice(start.length) };
    next = page.next;
  } while (next !== undefined);
}

function conditionFields(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return condition === 'absent' ? { 'if-none-match': '*' } : { 'if-match': condition.etag };
}

function storedFrom({ bytes, headers }: WholeAnswer, now: () => number): StoredObject {
  const timeOf = (field: string): number => Date.parse(single(headers[field]) ?? '') || now();
  return {
    bytes,
    etag: single(headers['etag']) ?? '',
    modifiedMs: timeOf('last-modified'),
    nowMs: timeOf('date'),
    headers,
  };
}
