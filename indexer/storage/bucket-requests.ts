import { AwsV4Signer } from 'aws4fetch';
import { createHash } from 'node:crypto';
import type { Network } from '../http/network.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { createSigningClient, type UnsignedRequest } from '../http/signing-client.ts';
import type { WholeAnswer } from '../http/whole-answer.ts';
import { renderObjectPlace, type ObjectPlace, type StoreConnection } from '../model/object-store.ts';
import { codeIn, faultOf } from './bucket-answers.ts';

export interface BucketOptions {
  place: ObjectPlace;
  connection: StoreConnection;
  /** Milliseconds since 1970. */
  now: () => number;
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number;
  network?: Network;
  retry?: RetryPolicy;
}

export interface BucketRequest extends Omit<UnsignedRequest, 'url'> {
  /** Within the prefix. */
  key?: string;
  /** Of the bucket itself, instead of a key. */
  query?: Record<string, string>;
}

export interface BucketRequests {
  /** The place, as messages call it. */
  readonly name: string;
  /** @param statuses those that the caller understands @throws RegistryError for any other */
  readonly send: (request: BucketRequest, statuses: readonly number[], maxBytes?: number) => Promise<WholeAnswer>;
  close(): Promise<void>;
}

/** Connections at once, and so changes at once. */
export const CONCURRENCY = 32;
/** An error document is a few hundred bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Longer pauses than other servers get: a store that is asked to slow down needs seconds. */
const RETRY: RetryPolicy = { tries: 7, baseDelayMs: 200, maxDelayMs: 20_000 };

/** Signed requests to one bucket (S3 API reference, "REST API"). */
export function createBucketRequests(options: BucketOptions): BucketRequests {
  const { place, connection, now, random, network, retry = RETRY } = options;
  const name = renderObjectPlace(place);
  const base = bucketUrl(place, connection);
  const http = createSigningClient({
    name,
    base,
    timeoutMs: connection.timeoutMs,
    verifyTls: true,
    connections: CONCURRENCY,
    ...(connection.ca !== undefined && { ca: connection.ca }),
    ...(network && { network }),
    sign: createSigner(connection, now),
    random,
    retry,
  });
  return {
    name,
    send: ({ key = '', query, ...request }, statuses, maxBytes = MAX_ERROR_BYTES) => {
      const url = new URL(base);
      if (query === undefined) url.pathname += keyWithin(place, key);
      else url.search = new URLSearchParams(query).toString();
      const subject = `${name}: ${request.method} ${query === undefined ? key : 'the list of keys'}`;
      const judge = (answer: WholeAnswer): void => {
        const isRefused = !statuses.includes(answer.status) || hidesFault(request, answer);
        if (isRefused) throw faultOf(answer, subject);
      };
      return http.send({ ...request, url }, { maxBytes: Math.max(maxBytes, MAX_ERROR_BYTES), judge });
    },
    close: () => http.close(),
  };
}

/** The key in the bucket of one within the prefix. */
export function keyWithin({ prefix }: ObjectPlace, key: string): string {
  return prefix === '' ? key : `${prefix}/${key}`;
}

/**
 * A copy that fails on the way says so in the body of its 200 (S3 API reference, CopyObject); and what is absent because
 * the whole bucket is, is a fault.
 */
function hidesFault({ headers }: Pick<BucketRequest, 'headers'>, { status, bytes }: WholeAnswer): boolean {
  if (status === 404) return codeIn(bytes) === 'NoSuchBucket';
  return headers['x-amz-copy-source'] !== undefined && codeIn(bytes) !== '';
}

function bucketUrl({ bucket }: ObjectPlace, { endpoint, region, pathStyle }: StoreConnection): URL {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com/`);
  if (pathStyle) url.pathname += `${bucket}/`;
  else url.hostname = `${bucket}.${url.hostname}`;
  return url;
}

/** Signature Version 4 over the method, the address, the fields and the digest of the body, which the store checks. */
function createSigner({ credentials, region }: StoreConnection, now: () => number) {
  const cache = new Map<string, ArrayBuffer>();
  return async ({ method, url, headers, body }: UnsignedRequest): Promise<Record<string, string>> => {
    const fields = { ...headers, 'x-amz-content-sha256': sha256(body ?? '', 'hex') };
    if (credentials === undefined) return fields;
    const datetime = new Date(now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const request = { method, url: url.href, headers: fields, service: 's3', region, datetime, cache };
    const signed = await new AwsV4Signer({ ...request, ...credentials }).sign();
    return Object.fromEntries(signed.headers);
  };
}

export function sha256(bytes: Uint8Array | string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(bytes).digest(encoding);
}
