import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoreConnection } from '../../indexer/model/object-store.ts';
import { signatureFault, type BucketKeys } from './bucket-signature.ts';
import { startFakeServer, type FakeServer } from './fake-server.ts';
import type { LoggedRequest, Reply, ReplyHeaders } from './replies.ts';

/*
 * An object store with one bucket, `registry`, by the part of the S3 REST API that publishing uses. It answers as MinIO and
 * AWS were seen to, checks every signature and every checksum, and can be told to be one of the stores that do not.
 */

export interface FakeBucket extends FakeServer {
  readonly objects: Map<string, FakeObject>;
  /** How it is reached. */
  readonly connection: StoreConnection;
  /** What stands in the way of a careful publisher, and what does not. */
  readonly habits: Habits;
  /** The objects below a prefix as files of a folder. */
  writeTo(folder: string, prefix: string): Promise<void>;
}

export interface FakeObject {
  bytes: Buffer;
  etag: string;
  modifiedMs: number;
  headers: Record<string, string>;
}

export interface Habits {
  /** Conditions that it does not know, and so does not mind. */
  ignores: Set<'if-match' | 'if-none-match'>;
  /** Whether everybody may read. */
  isPublic: boolean;
  /** Keys on one page of a listing. */
  pageSize: number;
  /** So many of the next bodies arrive with a flipped bit. */
  corrupts: number;
  /** Its clock, in milliseconds since 1970. */
  now: () => number;
  /** Called before an object changes. */
  onChange: (method: string, key: string) => void;
}

export const BUCKET = 'registry';
const KEYS: BucketKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret/with+signs', region: 'eu-test-1' };

export async function startFakeBucket(keys: Partial<BucketKeys> = {}): Promise<FakeBucket> {
  const known = { ...KEYS, ...keys };
  const objects = new Map<string, FakeObject>();
  const habits: Habits = {
    ignores: new Set(),
    isPublic: false,
    pageSize: 1_000,
    corrupts: 0,
    now: Date.now,
    onChange: () => undefined,
  };
  const server = await startFakeServer((request) => answer(request, { objects, habits, keys: known }), {
    readBodies: true,
  });
  const { region, ...credentials } = known;
  return {
    ...server,
    objects,
    habits,
    connection: { endpoint: `${server.url}/`, region, pathStyle: true, credentials, timeoutMs: 5_000 },
    writeTo: async (folder, prefix) => {
      for (const [key, { bytes }] of objects) {
        if (!key.startsWith(prefix)) continue;
        const file = join(folder, key.slice(prefix.length));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, bytes);
      }
    },
  };
}

interface Store {
  objects: Map<string, FakeObject>;
  habits: Habits;
  keys: BucketKeys;
}

function answer(request: LoggedRequest, store: Store): Reply | undefined {
  const [, bucket, ...rest] = request.path.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const fault = signatureFault(request, store.keys) ?? (isAllowed(request, store) ? undefined : 'AccessDenied');
  if (fault !== undefined) return refuse(fault === 'AuthorizationHeaderMalformed' ? 400 : 403, fault);
  if (bucket !== BUCKET) return refuse(404, 'NoSuchBucket');
  if (key === '') return request.method === 'GET' ? list(request, store) : undefined;
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return read(key, store);
    case 'PUT':
      return request.headers['x-amz-copy-source'] === undefined ? put(request, key, store) : copy(request, key, store);
    case 'DELETE':
      store.habits.onChange('DELETE', key);
      store.objects.delete(key);
      return { status: 204 };
    default:
      return undefined;
  }
}

function isAllowed({ authorization, method }: LoggedRequest, { habits }: Store): boolean {
  return authorization !== undefined || (habits.isPublic && (method === 'GET' || method === 'HEAD'));
}

function read(key: string, { objects, habits }: Store): Reply {
  const object = objects.get(key);
  const date = new Date(habits.now()).toUTCString();
  if (object === undefined) return refuse(404, 'NoSuchKey', { Date: date });
  const { bytes, etag, modifiedMs, headers } = object;
  return {
    status: 200,
    headers: { ...headers, ETag: etag, 'Last-Modified': new Date(modifiedMs).toUTCString(), Date: date },
    body: bytes,
  };
}

function put(request: LoggedRequest, key: string, store: Store): Reply {
  const { objects, habits } = store;
  const body = arrived(request.body ?? Buffer.alloc(0), habits);
  const { headers } = request;
  const digest = createHash('sha256').update(body);
  if (headers['x-amz-content-sha256'] !== digest.copy().digest('hex')) return refuse(400, 'XAmzContentSHA256Mismatch');
  if (headers['x-amz-checksum-sha256'] !== digest.digest('base64')) return refuse(400, 'BadDigest');
  const current = objects.get(key);
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !habits.ignores.has('if-match')) {
    if (current === undefined) return refuse(404, 'NoSuchKey');
    if (current.etag !== match) return refuse(412, 'PreconditionFailed');
  }
  if (noneMatch === '*' && current !== undefined && !habits.ignores.has('if-none-match')) {
    return refuse(412, 'PreconditionFailed');
  }
  habits.onChange('PUT', key);
  return { status: 200, headers: { ETag: keep(store, key, { bytes: body, request }).etag } };
}

function copy(request: LoggedRequest, key: string, store: Store): Reply {
  const source = decodeURIComponent(String(request.headers['x-amz-copy-source'])).replace(`/${BUCKET}/`, '');
  const from = store.objects.get(source);
  if (from === undefined) return refuse(404, 'NoSuchKey');
  if (request.headers['x-amz-metadata-directive'] !== 'REPLACE') return refuse(400, 'InvalidRequest');
  store.habits.onChange('COPY', key);
  const { etag } = keep(store, key, { bytes: from.bytes, request });
  return xml(200, `<CopyObjectResult><ETag>${etag.replaceAll('"', '&quot;')}</ETag></CopyObjectResult>`);
}

function keep({ objects, habits }: Store, key: string, of: { bytes: Buffer; request: LoggedRequest }): FakeObject {
  const kept = ['content-type', 'cache-control', 'content-encoding'];
  const headers = Object.entries(of.request.headers).filter(([name]) => kept.includes(name));
  const object: FakeObject = {
    bytes: of.bytes,
    etag: `"${createHash('md5').update(of.bytes).digest('hex')}"`,
    modifiedMs: habits.now(),
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
  };
  objects.set(key, object);
  return object;
}

function arrived(body: Buffer, habits: Habits): Buffer {
  if (habits.corrupts === 0 || body.length === 0) return body;
  habits.corrupts -= 1;
  const changed = Buffer.from(body);
  changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
  return changed;
}

function list({ query }: LoggedRequest, { objects, habits }: Store): Reply {
  const prefix = query.get('prefix') ?? '';
  const isFlat = query.get('delimiter') === '/';
  const entries = new Map<string, FakeObject | undefined>();
  for (const [key, object] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(prefix)) continue;
    const slash = isFlat ? key.indexOf('/', prefix.length) : -1;
    if (slash === -1) entries.set(key, object);
    else entries.set(key.slice(0, slash + 1), undefined);
  }
  const after = Number(query.get('continuation-token') ?? 0);
  const page = [...entries].slice(after, after + habits.pageSize);
  const isLast = after + page.length >= entries.size;
  return xml(
    200,
    [
      '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      `<IsTruncated>${!isLast}</IsTruncated>`,
      isLast ? '' : `<NextContinuationToken>${after + page.length}</NextContinuationToken>`,
      ...page.map(([key, object]) => renderEntry(encodeURIComponent(key), object)),
      '</ListBucketResult>',
    ].join(''),
  );
}

function renderEntry(key: string, object: FakeObject | undefined): string {
  if (object === undefined) return `<CommonPrefixes><Prefix>${key}</Prefix></CommonPrefixes>`;
  const modified = new Date(object.modifiedMs).toISOString();
  return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified><Size>${object.bytes.length}</Size></Contents>`;
}

/** The message repeats what was sent, as S3's do: nobody must pass it on. */
function refuse(status: number, code: string, headers: ReplyHeaders = {}): Reply {
  const reply = xml(status, `<Error><Code>${code}</Code><Message>secret words</Message></Error>`);
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function xml(status: number, text: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
  };
}
