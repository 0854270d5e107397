import { isDigest } from './model/digest.ts';
import { sourceMemoryOf, type KnownAttachment, type Memory } from './model/memory.ts';
import type { SiteStorage } from './storage/storage.ts';

/**
 * What a run has read so far, until it has published: a run that is killed, or that publishes nothing, then costs the
 * next one a few seconds of reading and not hours.
 */
export interface Checkpoint {
  /** What was published, with what unfinished runs have read since. */
  readonly memory: Memory;
  readonly note: (source: string, uuid: string, known: KnownAttachment) => Promise<void>;
  /** Writes what has been noted since the last time. */
  readonly flush: () => Promise<void>;
  /** To be called when what was read is in the published memory. */
  readonly clear: () => Promise<void>;
}

export const CHECKPOINT_FILE = '.digests.json';
/** At most so much reading is lost; the first attachment is written down at once. */
const INTERVAL_MS = 5_000;

type KnownBySource = Record<string, Record<string, KnownAttachment>>;

export async function openCheckpoint(
  storage: SiteStorage,
  { memory, now }: { memory: Memory; now: () => number },
): Promise<Checkpoint> {
  const found = await readCheckpoint(storage);
  const read = new Map(Object.entries(found ?? {}));
  let exists = found !== undefined;
  let dirty = false;
  let closed = false;
  let writtenAt = -Infinity;

  const flush = async (): Promise<void> => {
    if (!dirty || closed) return;
    dirty = false;
    writtenAt = now();
    exists = true;
    try {
      await storage.replace(CHECKPOINT_FILE, Buffer.from(`${JSON.stringify(Object.fromEntries(read))}\n`));
    } catch {
      // It only spares work. What hinders it will hinder the publishing too, which tells.
      closed = true;
    }
  };

  return {
    memory: withKnown(memory, read),
    note: async (source, uuid, known) => {
      const ofSource = read.get(source) ?? {};
      ofSource[uuid] = known;
      read.set(source, ofSource);
      dirty = true;
      if (now() - writtenAt >= INTERVAL_MS) await flush();
    },
    flush,
    clear: async () => {
      closed = true;
      if (exists) await storage.remove(CHECKPOINT_FILE);
    },
  };
}

function withKnown(memory: Memory, read: ReadonlyMap<string, Record<string, KnownAttachment>>): Memory {
  const sources = [...read].map(([name, known]) => {
    const published = sourceMemoryOf(memory, name);
    return [name, { ...published, attachments: { ...known, ...published.attachments } }] as const;
  });
  return { ...memory, sources: { ...memory.sources, ...Object.fromEntries(sources) } };
}

async function readCheckpoint(storage: SiteStorage): Promise<KnownBySource | undefined> {
  const bytes = await storage.read(CHECKPOINT_FILE);
  if (bytes === undefined) return undefined;
  try {
    return onlyKnown(JSON.parse(bytes.toString('utf8')));
  } catch {
    // Whatever it was, what it would have spared is read again.
    return {};
  }
}

/** A digest is published once it is known, so what is none is not taken over. */
function onlyKnown(value: unknown): KnownBySource {
  const sources = Object.entries(value as KnownBySource).map(([source, attachments]) => {
    const known = Object.entries(attachments).filter(([, each]) => isDigest(String(each.digest)));
    return [source, Object.fromEntries(known)] as const;
  });
  return Object.fromEntries(sources);
}
