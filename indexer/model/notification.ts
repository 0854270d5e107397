import type { Pointer } from './documents.ts';

/** So many of a kind as there are, and the first of them. */
export interface Counted<T> {
  total: number;
  first: T[];
}

export interface VersionNotice {
  type: string;
  name: string;
  version: string;
}

export interface SourceNotice {
  name: string;
  kind: string;
  /** RFC 3339: of one that went down, since when what it gave earlier is shown; of one that came back, when it was read. */
  since: string;
}

/** What a webhook is sent after a publication that has news, by the payload's form of Standard Webhooks. */
export interface Notification {
  type: 'site.published';
  /** RFC 3339: the crawl that found the news. */
  timestamp: string;
  data: {
    generation: number;
    counts: Pointer['counts'];
    /** The proxy's base URL, as in the pointer. */
    downloads?: string;
    /** Versions that were not listed before. */
    added: Counted<VersionNotice & { source: string }>;
    /** Versions that a policy has withdrawn since. */
    yanked: Counted<VersionNotice & { reason: string }>;
    /** Versions whose files were found replaced. */
    mutated: Counted<VersionNotice & { source: string; detail: string }>;
    sources_down: SourceNotice[];
    sources_up: SourceNotice[];
  };
}
