import type { ExtensionTypes } from '../model/extension.ts';

interface CommonSource {
  /** Unique; how the index, the problems and the logs name this source. */
  name: string;
  /** Higher is preferred; equal ones in the order of the configuration. */
  priority: number;
  /** Patterns of `type/name` (`*` within a segment) that no other source may add to. */
  owns: string[];
  timeoutMs: number;
  verifyTls: boolean;
  /** From the token file; undefined for anonymous access. Never printed. */
  secret?: string;
}

export interface GiteaSource extends CommonSource {
  kind: 'gitea';
  /** Ends in `/`. */
  base: URL;
  organization: string;
  includePrivate: boolean;
  includeForks: boolean;
}

export interface OciSource extends CommonSource {
  kind: 'oci';
  /** Ends in `/`. */
  base: URL;
  /** Without slashes at its ends; empty for the whole registry. */
  namespace: string;
  /** Repositories to read instead of the catalog; below the namespace where there is one. */
  repositories?: string[];
  /** With it the secret is its password, without it a bearer token. */
  username?: string;
  /** The origin of a token service elsewhere that may be given the password. */
  tokenService?: string;
  /** The annotation whose comma-separated words are the extension's tags. */
  keywordsAnnotation?: string;
}

export type SourceConfig = GiteaSource | OciSource;

export interface Config {
  server: {
    host: string;
    port: number;
    workers: number;
    /** Origins that may read; `*` alone for all; empty when CORS is off. */
    corsOrigins: string[];
    enableCompression: boolean;
  };
  /** In the order of preference: priority, then the configuration's order. Never empty. */
  sources: SourceConfig[];
  cache: {
    /** Documents in each of the caches. */
    capacity: number;
    ttlSeconds: number;
    enableMetadataCache: boolean;
    enableListCache: boolean;
  };
  types: ExtensionTypes;
  site: {
    /** Absolute; the site's tree is below `api/v1` in it. */
    path: string;
    /** Without a slash at its end. */
    publicUrl?: string;
  };
  indexer: {
    concurrency: number;
    /** How often the proxy runs the indexer; never without it. */
    intervalSeconds?: number;
    digests: 'all' | 'latest' | 'sidecar';
    digestBudgetBytes?: number;
    deadlineSeconds: number;
    /** The index is stale when no crawl has confirmed it for so long. */
    maxAgeSeconds: number;
    /** Folder or URL of a published `v1` whose memory the crawl starts from; the site's own folder without it. */
    previous?: string;
  };
}
