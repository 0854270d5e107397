import { SaxesParser } from 'saxes';
import type { WholeAnswer } from '../http/whole-answer.ts';
import { messageOf, RegistryError, type ErrorCode } from '../model/errors.ts';

/** One object of a listing, or a folder of it. */
export interface Listed {
  /** Of a folder it ends in `/`. */
  key: string;
  sizeBytes: number;
  modifiedMs: number;
}

export interface Listing {
  listed: Listed[];
  /** What asks for the next page; undefined for the last. */
  next?: string;
}

type Fault = readonly [code: ErrorCode, sentence: string];

/** What the store's own codes mean (S3 API reference, "Error responses"); its texts are not told, for some repeat the request. */
const FAULTS: Readonly<Record<string, Fault>> = {
  NoSuchBucket: ['storage', 'there is no such bucket; create it, or correct its name'],
  PermanentRedirect: ['storage', 'the bucket is in another region; set [s3] region, or endpoint'],
  TemporaryRedirect: ['storage', 'the bucket is in another region; set [s3] region, or endpoint'],
  AuthorizationHeaderMalformed: ['storage', 'the bucket is in another region; set [s3] region'],
  AccessDenied: ['auth', 'we are not allowed to; give the key the rights that deploy/object-stores.md names'],
  InvalidAccessKeyId: ['auth', 'the access key is not known there; see AWS_ACCESS_KEY_ID, or the file that [s3] names'],
  SignatureDoesNotMatch: ['auth', 'the secret is not that of the access key; see AWS_SECRET_ACCESS_KEY, or [s3]'],
  ExpiredToken: ['auth', 'the session token has expired; ask for a new one'],
  RequestTimeTooSkewed: ['auth', 'its clock and ours are too far apart; set ours right'],
  RequestTimeout: ['timeout', 'what we sent did not arrive in time'],
  BadDigest: ['unreachable', 'what we sent arrived changed; see what is in between'],
  XAmzContentChecksumMismatch: ['unreachable', 'what we sent arrived changed; see what is in between'],
  XAmzContentSHA256Mismatch: ['unreachable', 'what we sent arrived changed; see what is in between'],
  IncompleteBody: ['unreachable', 'what we sent arrived cut short; see what is in between'],
  ConditionalRequestConflict: ['rate_limit', 'others write the same at the same time'],
  OperationAborted: ['rate_limit', 'others write the same at the same time'],
  SlowDown: ['rate_limit', 'it asks us to slow down'],
  InternalError: ['rate_limit', 'it failed within'],
  NotImplemented: ['storage', 'it does not know how to do what publishing needs; use another store'],
};

/** What a refusal means. @param subject what was asked, such as `s3://bucket: PUT api/v1/index.json` */
export function faultOf({ status, bytes }: Pick<WholeAnswer, 'status' | 'bytes'>, subject: string): RegistryError {
  const code = codeIn(bytes);
  const [kind, sentence] = FAULTS[code] ?? ofStatus(status);
  const what = [...(code === '' ? [] : [code]), `HTTP ${status}`].join(', ');
  return new RegistryError(kind, `${subject}: ${sentence} (${what}).`, { status });
}

function ofStatus(status: number): Fault {
  return status === 401 || status === 403
    ? ['auth', 'we are not allowed to; see the credentials and the rights of the key']
    : ['storage', 'it answered something unexpected; see that [s3] endpoint is that of an S3 API'];
}

/** The `Code` of an error document (S3 API reference, "REST error responses"); empty where there is none. */
export function codeIn(bytes: Buffer): string {
  return /<Error>.*?<Code>([A-Za-z0-9.]{1,60})<\/Code>/s.exec(bytes.toString('latin1'))?.[1] ?? '';
}

/** A page of ListObjectsV2. @throws RegistryError `bad_answer` */
export function parseListing(bytes: Buffer, subject: string): Listing {
  const listed: Listed[] = [];
  let fields: Record<string, string> = {};
  let next: string | undefined;
  let text = '';
  let hasRoot = false;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => {
    hasRoot ||= name === 'ListBucketResult';
    text = '';
    if (name === 'Contents' || name === 'CommonPrefixes') fields = {};
  });
  parser.on('text', (piece) => void (text += piece));
  parser.on('closetag', ({ name }) => {
    if (name === 'Contents' || name === 'CommonPrefixes') listed.push(listedFrom(fields));
    else if (name === 'NextContinuationToken') next = text;
    else fields[name] = text;
    text = '';
  });
  try {
    parser.write(bytes.toString('utf8')).close();
    if (!hasRoot) throw new TypeError('it lists nothing');
  } catch (cause) {
    const message = `${subject}: the listing cannot be read (${messageOf(cause)}); see that [s3] endpoint is that of an S3 API.`;
    throw new RegistryError('bad_answer', message, { cause });
  }
  return { listed, ...(next !== undefined && { next }) };
}

/** Keys are asked for URL-encoded, since XML cannot hold every character that a key can. */
function listedFrom(fields: Readonly<Record<string, string>>): Listed {
  const key = decodeURIComponent((fields['Key'] ?? fields['Prefix'] ?? '').replaceAll('+', ' '));
  return {
    key,
    sizeBytes: Number(fields['Size'] ?? 0),
    modifiedMs: Date.parse(fields['LastModified'] ?? '') || 0,
  };
}
