/** Reads a site's files, named relative to its `v1`, such as `extensions/index.json`. */
export interface SiteReader {
  /** What messages call it: a folder or a URL, without credentials. */
  readonly name: string;
  /** A whole file, or undefined where there is none. @throws RegistryError `storage`, `too_large` and network errors */
  read(file: string, maxBytes?: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** Holds a site and changes it in steps that a reader never sees half of. */
export interface SiteStorage extends SiteReader {
  /** How many changes at once are quicker than one after the other; one without it. */
  readonly concurrency?: number;
  /** Writes a file that never changes; one of this length that is there already is left alone. Whether it was written. */
  create(file: string, bytes: Uint8Array): Promise<boolean>;
  /** Makes a file have the bytes of one made by `create`, from one instant to the next; the two may share them. */
  expose(blob: string, file: string): Promise<void>;
  /** Makes a file have these bytes from one instant to the next. */
  replace(file: string, bytes: Uint8Array): Promise<void>;
  /** Replaces a file only while it still has the bytes that were read, or is still absent. @throws RegistryError `conflict` */
  swap(file: string, before: Uint8Array | undefined, bytes: Uint8Array): Promise<void>;
  /** Removes a file, and what folders it leaves empty; no error where there is none. */
  remove(file: string): Promise<void>;
  /** The names in a folder, in no order; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Dates a file as if it were written now, never further back; no error where there is none. */
  touch(file: string): Promise<void>;
  /** When a file was written or touched, in milliseconds since 1970; undefined where there is none. */
  modifiedMs(file: string): Promise<number | undefined>;
  /** Where files have further names: whether this one has all of them. Exposing it anew gives it those that it lacks. */
  readonly isWhole?: (file: string) => Promise<boolean>;
  /** Where a storage can: keeps every other writer out. @throws RegistryError `locked` that names the holder */
  readonly lock?: () => Promise<SiteLock>;
}

/** One writer at a time: see `withLock`. */
export interface SiteLock {
  /** @throws RegistryError `locked` when another writer has taken the place meanwhile, believing us dead */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}
