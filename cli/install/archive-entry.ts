/** One entry of an archive, of whatever format, as its publisher wrote it: nothing of it has been checked. */
export interface ArchiveEntry {
  name: string;
  kind: EntryKind;
  /** Permission bits; undefined where the format has none. */
  mode?: number;
  /** Where a link leads: from its own folder; for a hard link, from the top. */
  target?: string;
  /** The bytes of a file. It must be read to its end, or not at all, before the next entry is asked for. */
  body: AsyncIterable<Uint8Array>;
}

export type EntryKind = 'file' | 'folder' | 'link' | 'hard link' | 'device, pipe or other special file';

export const NO_BODY: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
