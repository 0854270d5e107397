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
  /** Writes a file that never changes; one that is there already is left alone. @returns whether it was written */
  create(file: string, bytes: Uint8Array): Promise<boolean>;
  /** Makes a file have the bytes of one made by `create`, from one instant to the next; the two may share them. */
  expose(blob: string, file: string): Promise<void>;
  /** Makes a file have these bytes from one instant to the next. */
  replace(file: string, bytes: Uint8Array): Promise<void>;
  /** Replaces a file only while it still has the bytes that were read, or is still absent. @throws RegistryError `conflict` */
  swap(file: string, before: Uint8Array | undefined, bytes: Uint8Array): Promise<void>;
  /** Removes a file, and what folders it leaves empty; no error where there is none. */
  remove(file: string): Promise<void>;
}
