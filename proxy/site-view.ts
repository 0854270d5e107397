import type { FastifyBaseLogger } from 'fastify';
import type { Pointer } from '../indexer/model/documents.ts';
import { messageOf } from '../indexer/model/errors.ts';
import { openSite, readPointer, type Site } from '../indexer/read-site.ts';
import type { SiteReader } from '../indexer/storage/storage.ts';
import { createDocument, type Document } from './document.ts';

/** One whole generation as it is served. A request takes it once and answers from nothing else. */
export interface Generation {
  readonly pointer: Pointer;
  /** The pointer's very bytes. */
  readonly pointerDocument: Document;
  readonly site: Site;
  /** The generation's number and its manifest's digest: also tells apart two contents of one number, after a restore. */
  readonly key: string;
}

export interface SiteView {
  /** The current generation, or undefined while nothing can be served. Never throws. */
  current(): Promise<Generation | undefined>;
  /** The same without waiting: undefined also when it is time to look. */
  fresh(): Generation | undefined;
  /** Whether the last look found a whole site; where not, what is held is served on. */
  isReadable(): boolean;
}

export interface SiteViewOptions {
  reader: SiteReader;
  /** Milliseconds since 1970. */
  now: () => number;
  log: FastifyBaseLogger;
}

const LOOK_INTERVAL_MS = 1_000;

/** Follows the published pointer: looks when somebody asks, at most once a second, and keeps what it has when it must. */
export function createSiteView({ reader, now, log }: SiteViewOptions): SiteView {
  let held: Generation | undefined;
  let lookedAtMs = -Infinity;
  let looking: Promise<void> | undefined;
  let complaint: string | undefined;

  /** A fault that lasts is told once, not every second. */
  const complain = (message: string): void => {
    if (message === complaint) return;
    complaint = message;
    const consequence =
      held === undefined ? 'nothing can be served' : `generation ${held.pointer.generation} is served on`;
    log.error({ event: 'site_unreadable', reason: message }, `the published site cannot be read: ${consequence}`);
  };

  const look = async (): Promise<void> => {
    try {
      const next = await readGeneration(reader, held);
      if (next === undefined) {
        complain(`${reader.name} has no pointer; run the indexer.`);
        return;
      }
      if (next.key !== held?.key) log.info({ event: 'generation', generation: next.pointer.generation }, 'serving');
      held = next;
      complaint = undefined;
    } catch (error) {
      complain(messageOf(error));
    }
  };

  const isLookDue = (): boolean => {
    const sinceMs = now() - lookedAtMs;
    // Less than nothing is a clock that jumped back.
    return looking === undefined && (sinceMs >= LOOK_INTERVAL_MS || sinceMs < 0);
  };

  return {
    fresh: () => (isLookDue() ? undefined : held),
    isReadable: () => complaint === undefined,
    current: async () => {
      if (looking !== undefined) {
        // Only the request that began the look waits for it, unless there is nothing to serve meanwhile.
        if (held === undefined) await looking;
      } else if (isLookDue()) {
        lookedAtMs = now();
        looking = look().finally(() => (looking = undefined));
        await looking;
      }
      return held;
    },
  };
}

/** The generation that the pointer names; the one held where the pointer says nothing new but its `checked_at`. */
async function readGeneration(reader: SiteReader, held: Generation | undefined): Promise<Generation | undefined> {
  const found = await readPointer(reader);
  if (found === undefined) return undefined;
  if (held?.pointerDocument.bytes.equals(found.bytes) === true) return held;
  const { pointer } = found;
  const key = `${pointer.generation} ${pointer.manifest.digest}`;
  const site = key === held?.key ? held.site : await openSite(reader, pointer);
  return { pointer, pointerDocument: createDocument(found.bytes), site, key };
}
