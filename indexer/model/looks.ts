import type { Digest } from './digest.ts';

/** When one repository of a source was last read as a whole, and what tells that it must be again. */
export interface Look {
  /** A hash of what the list of repositories said of it; left out where that says nothing. */
  seen?: string;
  /** RFC 3339: the last time that every release was looked at. */
  looked: string;
  /** RFC 3339: when a crawl last found anything changed; left out where none has. */
  changed?: string;
}

/** The looks of one source. */
export interface SourceLooks {
  /** A hash of what decides how its answers are read: looks made otherwise say nothing. */
  settings: string;
  /** A hash of a repository's name -> look. */
  repositories: Record<string, Look>;
}

/** `crawl/looks`: what the next crawl need not read again; not part of a generation. */
export interface LooksDocument {
  schema: 1;
  /** RFC 3339: the crawl that wrote it. */
  at: string;
  /** The memory that has what was found; beside any other one, the looks say nothing. */
  memory: Digest;
  sources: Record<string, SourceLooks>;
}

/** RFC 3339: the look that is longest ago; undefined without any. */
export function oldestLook(looks: SourceLooks | undefined): string | undefined {
  let oldest: string | undefined;
  for (const { looked } of Object.values(looks?.repositories ?? {})) {
    if (oldest === undefined || looked < oldest) oldest = looked;
  }
  return oldest;
}
