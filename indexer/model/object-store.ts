import { RegistryError } from './errors.ts';

/** A bucket, and where in it something lies. */
export interface ObjectPlace {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
}

export interface StoreCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials. */
  sessionToken?: string;
}

/** How the object stores of `s3://` places are reached. */
export interface StoreConnection {
  /** A URL that ends in `/`; AWS's own of the region without it. */
  endpoint?: string;
  region: string;
  /** Whether the bucket is the first segment of the path, and not the first label of the host. */
  pathStyle: boolean;
  /** Without them requests are not signed, which public buckets let read. Never printed. */
  credentials?: StoreCredentials;
  timeoutMs: number;
  /** PEM: the only certificates that the store is trusted by, instead of the system's. */
  ca?: string;
}

/** AWS's rules for general purpose buckets: 3 to 63 of these. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Characters that are safe in a key everywhere (AWS, "Naming objects"), and need no encoding in a URL. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;
const SCHEME = 's3://';

export function isObjectPlace(text: string): boolean {
  return text.toLowerCase().startsWith(SCHEME);
}

/** `s3://bucket` or `s3://bucket/prefix`. @throws RegistryError `config`, whose message does not hold the text */
export function parseObjectPlace(text: string): ObjectPlace {
  const [bucket = '', ...segments] = text.slice(SCHEME.length).replace(/\/$/, '').split('/');
  if (!isObjectPlace(text) || !BUCKET.test(bucket) || !segments.every((each) => SEGMENT.test(each))) {
    throw new RegistryError('config', 'The value is not a bucket with a prefix, such as s3://bucket/prefix.');
  }
  return { bucket, prefix: segments.join('/') };
}

export function renderObjectPlace({ bucket, prefix }: ObjectPlace): string {
  return `${SCHEME}${bucket}${prefix === '' ? '' : `/${prefix}`}`;
}

/** The folder of that name in a place. */
export function placeWithin({ bucket, prefix }: ObjectPlace, folder: string): ObjectPlace {
  return { bucket, prefix: prefix === '' ? folder : `${prefix}/${folder}` };
}
