import type { Pointer } from '../../indexer/model/documents.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../indexer/model/errors.ts';
import { formatTime } from '../../indexer/model/text.ts';
import { readPointer } from '../../indexer/read-site.ts';
import type { DocumentStore, SiteRecord } from './document-store.ts';
import type { Mirror } from './mirrors.ts';
import { commonCode } from './silence.ts';

/** The generation that a process works with, from its first question to its last. */
export interface CurrentGeneration {
  pointer: Pointer;
  /** The mirror that named it; undefined where it is only known from what was kept. */
  mirror?: Mirror;
  /** What is kept of that mirror. */
  record: SiteRecord;
  /** Mirrors that were of no use, and why; or of less use than hoped. */
  failures: Failure[];
}

export interface Failure {
  site: string;
  reason: string;
}

export interface CurrentOptions {
  /** In the order in which they are asked. */
  mirrors: readonly Mirror[];
  store: DocumentStore;
  offline: boolean;
  /** Milliseconds since 1970. */
  now: () => number;
}

interface Kept {
  record: SiteRecord;
  pointer: Pointer;
}

/**
 * Asks the mirrors in their order which generation is current. One that names an older generation than was seen before
 * is a copy that lags, and used only where no other answers.
 * @throws RegistryError the mirrors' `commonCode`, with the reason of each
 */
export async function findCurrent(options: CurrentOptions): Promise<CurrentGeneration> {
  const { mirrors, store, offline } = options;
  const kept = await Promise.all(mirrors.map((each) => readKept(store, each)));
  const newest = kept.filter((each) => each !== undefined).sort(newestFirst)[0];
  const failures: (Failure & { code: ErrorCode | undefined })[] = [];
  let lagging: CurrentGeneration | undefined;
  for (const [at, mirror] of mirrors.entries()) {
    // A folder is no network.
    if (offline && mirror.url !== undefined) continue;
    try {
      const answer = await ask(mirror, kept[at], options);
      const { generation } = answer.pointer;
      if (newest === undefined || generation >= newest.pointer.generation) return { ...answer, failures };
      const reason = `It is at generation ${generation}, though ${newest.pointer.generation} was seen before.`;
      failures.push({ site: mirror.name, reason, code: undefined });
      lagging ??= { ...answer, failures };
    } catch (error) {
      failures.push({ site: mirror.name, reason: messageOf(error), code: codeOf(error) });
    }
  }
  if (lagging !== undefined) return lagging;
  if (offline && newest !== undefined) return { ...newest, failures };
  throw offline ? nothingKept(mirrors) : noneAnswers(failures, newest);
}

async function ask(
  mirror: Mirror,
  kept: Kept | undefined,
  { store, now }: CurrentOptions,
): Promise<Omit<CurrentGeneration, 'failures'>> {
  const answer = await mirror.readPointer(kept?.record.etag);
  if (answer === undefined) throw nothingPublished(mirror);
  if (answer === 'unchanged' && kept === undefined) {
    throw new RegistryError('bad_answer', `${mirror.name} says that nothing has changed, though nothing is known yet.`);
  }
  const text = answer === 'unchanged' ? kept?.record.pointer : answer.bytes.toString('utf8');
  const etag = answer === 'unchanged' ? kept?.record.etag : answer.etag;
  const manifest = kept?.record.manifest;
  const record: SiteRecord = {
    schema: 1,
    site: mirror.name,
    ...(etag !== undefined && { etag }),
    confirmed_at: formatTime(now()),
    pointer: text ?? '',
    ...(manifest && { manifest }),
  };
  const pointer = await parsePointer(mirror.name, record.pointer);
  if (pointer === undefined) throw nothingPublished(mirror);
  await store.keepRecord(record);
  return { pointer, mirror, record };
}

async function readKept(store: DocumentStore, { name }: Mirror): Promise<Kept | undefined> {
  const record = await store.readRecord(name);
  if (record === undefined) return undefined;
  // A damaged record is no record.
  const pointer = await parsePointer(name, record.pointer).catch(() => undefined);
  return pointer && { record, pointer };
}

async function parsePointer(name: string, text: string): Promise<Pointer | undefined> {
  const bytes = Buffer.from(text);
  return (await readPointer({ name, read: async () => bytes, close: async () => undefined }))?.pointer;
}

function newestFirst(a: Kept, b: Kept): number {
  return (
    b.pointer.generation - a.pointer.generation || Date.parse(b.record.confirmed_at) - Date.parse(a.record.confirmed_at)
  );
}

function nothingPublished({ name }: Mirror): RegistryError {
  return new RegistryError(
    'unavailable',
    `${name} has no index.json: it is not a site's v1, or nothing is published yet; name the URL or folder of v1, such as https://registry.example.org/api/v1.`,
  );
}

function nothingKept(mirrors: readonly Mirror[]): RegistryError {
  const names = mirrors.map(({ name }) => name).join(', ');
  return new RegistryError('unreachable', `Nothing is kept of ${names} to answer from; run once without --offline.`);
}

function noneAnswers(failures: readonly (Failure & { code: ErrorCode | undefined })[], newest?: Kept): RegistryError {
  const [only, ...others] = failures;
  const reasons =
    others.length === 0
      ? (only?.reason ?? '')
      : `No mirror of the site can be read. ${failures.map(({ site, reason }) => `${site}: ${reason}`).join(' ')}`;
  const hint =
    newest === undefined
      ? ''
      : ` What was kept of generation ${newest.pointer.generation} on ${newest.record.confirmed_at} is answered with --offline.`;
  return new RegistryError(commonCode(failures.map(({ code }) => code)), reasons + hint);
}
