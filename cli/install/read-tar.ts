import { Parser, type ReadEntry } from 'tar';
import { RegistryError } from '../../indexer/model/errors.ts';
import { NO_BODY, type ArchiveEntry, type EntryKind } from './archive-entry.ts';
import { refusedEntry } from './entry-path.ts';

/*
 * tar only parses here; it never writes. Its own extraction reports success without `strict` although it dropped
 * entries, strips what makes a path absolute, and goes on writing after it has failed. Entries are pulled one at a time
 * instead, so nothing of an entry has happened when it is refused.
 */

const KINDS: Readonly<Record<string, EntryKind>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  SymbolicLink: 'link',
  Link: 'hard link',
};
const BLOCK_BYTES = 512;
const GZIP = [0x1f, 0x8b] as const;

/** @param source bytes of a tar that is no longer compressed @throws RegistryError `bad_answer` */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncIterable<ArchiveEntry> {
  const tape = openTape(source);
  for (let entry = await tape.next(); entry !== undefined; entry = await tape.next()) {
    const kind = KINDS[entry.type] ?? 'device, pipe or other special file';
    yield {
      name: entry.path,
      kind,
      ...(entry.mode !== undefined && { mode: entry.mode }),
      ...(entry.linkpath !== undefined && { target: entry.linkpath }),
      body: kind === 'file' ? bodyOf(entry, tape) : NO_BODY,
    };
    await tape.skip(entry);
  }
}

interface Tape {
  next(): Promise<ReadEntry | undefined>;
  /** More bytes for the entry that is being read. @throws RegistryError `bad_answer` when there are no more */
  feed(): Promise<void>;
  /** The rest of an entry. */
  skip(entry: ReadEntry): Promise<void>;
}

interface TapeState {
  failure?: Error;
  /** That were fed. */
  bytes: number;
  /** The blocks of zeros were seen that end an archive. */
  atEnd: boolean;
  /** The source has ended. */
  closed: boolean;
  /** The parser has ended. */
  over: boolean;
}

function openTape(source: AsyncIterable<Uint8Array>): Tape {
  const parser = new Parser({ strict: true, brotli: false, zstd: false });
  const chunks = source[Symbol.asyncIterator]();
  const waiting: ReadEntry[] = [];
  const state: TapeState = { bytes: 0, atEnd: false, closed: false, over: false };
  parser.on('entry', (entry: ReadEntry) => void waiting.push(entry));
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    state.failure ??= refusedEntry(entry.path, `is of a kind that is not known (${entry.type})`);
  });
  parser.on('error', (error: Error) => (state.failure ??= notSound(error)));
  parser.on('eof', () => (state.atEnd = true));
  parser.on('end', () => (state.over = true));

  const feed = async (): Promise<void> => {
    const chunk = await chunks.next();
    if (chunk.done === true) {
      // Some programs leave the blocks of zeros away; none writes half a block.
      if (state.closed || (!state.atEnd && state.bytes % BLOCK_BYTES !== 0)) throw notSound('it ends in the middle');
      state.closed = true;
      parser.end();
    } else if (!state.atEnd) {
      // tar would unpack it once more, and past our count.
      if (state.bytes === 0 && GZIP.every((byte, at) => chunk.value[at] === byte)) {
        throw notSound('it is compressed twice');
      }
      state.bytes += chunk.value.length;
      // What follows the end is read, since its checksum is the last of it, and dropped: tar would keep it.
      parser.write(chunk.value);
    }
    if (state.failure !== undefined) throw state.failure;
  };
  return {
    feed,
    next: async () => {
      while (waiting.length === 0 && !state.over) await feed();
      return waiting.shift();
    },
    skip: async (entry) => {
      while (!entry.emittedEnd) if (entry.read() === null && !entry.emittedEnd) await feed();
    },
  };
}

async function* bodyOf(entry: ReadEntry, tape: Tape): AsyncIterable<Uint8Array> {
  while (!entry.emittedEnd) {
    const chunk = entry.read();
    if (chunk !== null) yield chunk;
    else if (!entry.emittedEnd) await tape.feed();
  }
}

function notSound(cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('bad_answer', `It is no sound tar archive: ${why}.`, { cause });
}
