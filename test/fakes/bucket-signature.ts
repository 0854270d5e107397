import { createHash, createHmac } from 'node:crypto';
import type { LoggedRequest } from './replies.ts';

export interface BucketKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  region: string;
}

/** What is wrong with a request's signature, as S3's error code; undefined where it is right or there is none. */
export function signatureFault(request: LoggedRequest, keys: BucketKeys): string | undefined {
  if (request.authorization === undefined) return undefined;
  const parsed =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/([^/]+)\/s3\/aws4_request), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      request.authorization,
    );
  const [, accessKeyId, scope = '', region, signed = '', signature] = parsed ?? [];
  if (accessKeyId !== keys.accessKeyId) return 'InvalidAccessKeyId';
  if (request.headers['x-amz-security-token'] !== keys.sessionToken) return 'InvalidToken';
  if (region !== keys.region) return 'AuthorizationHeaderMalformed';
  const isWhole = [...REQUIRED, ...amzFields(request)].every((each) => signed.split(';').includes(each));
  const right = isWhole && signature === signatureOf(request, { scope, signed, secret: keys.secretAccessKey });
  return right ? undefined : 'SignatureDoesNotMatch';
}

const REQUIRED = ['host', 'x-amz-date', 'x-amz-content-sha256'];

function amzFields({ headers }: LoggedRequest): string[] {
  return Object.keys(headers).filter((each) => each.startsWith('x-amz-'));
}

/** AWS General Reference, "Create a signed AWS API request". */
function signatureOf(
  { method, path, query, headers }: LoggedRequest,
  { scope, signed, secret }: { scope: string; signed: string; secret: string },
): string {
  const parameters = [...query].map((pair) => pair.map(encode).join('=')).sort();
  const canonical = [
    method,
    path,
    parameters.join('&'),
    ...signed.split(';').map((each) => `${each}:${String(headers[each]).trim()}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest].join('\n');
  const key = scope.split('/').reduce<Buffer>((from, each) => hmac(from, each), Buffer.from(`AWS4${secret}`));
  return hmac(key, text).toString('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
