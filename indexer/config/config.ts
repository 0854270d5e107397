import type { ExtensionTypes } from '../model/extension.ts';
import type { StoreConnection } from '../model/object-store.ts';
import type { PolicyRule } from '../model/policy.ts';
import type { SourceConfig } from '../model/source-config.ts';

export type { GiteaSource, OciSource, SourceConfig } from '../model/source-config.ts';

export interface NotifyConfig {
  /** http or https; its path and query may be secrets. */
  url: string;
  secret: string;
  timeoutMs: number;
}

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
    /** An absolute folder, or the URL (http, https or s3) of one; the site's tree is below `api/v1` in it. */
    path: string;
    /** Without a slash at its end. */
    publicUrl?: string;
    /** Generations that can be gone back to, the current one included. */
    keepGenerations: number;
    /** Whether each extension has a document for badges. */
    badges: boolean;
  };
  /** Where the indexer publishes instead of `site.path`. */
  publish?: {
    /** `s3://bucket/prefix`; the site's tree is below `api/v1` in it. */
    to: string;
    /** Whether each document is also there by the path that has no `index.json`, for hosts that rewrite nothing. */
    twins: boolean;
    /** Whether files that grow smaller by it are kept in gzip. */
    compress: boolean;
  };
  /** How the object stores of `s3://` places are reached; undefined where there is no such place. */
  s3?: StoreConnection;
  /** Who is told of what is published; nobody without it. */
  notify?: NotifyConfig;
  /** In the order of the policy file; empty without one. */
  policy: PolicyRule[];
  indexer: {
    concurrency: number;
    /** A repository in which something changed is read by each crawl for so long. */
    recentSeconds: number;
    /** In this time each repository is read again, changed or not; 0: by each crawl. */
    lookAgainSeconds: number;
    /** How often the proxy runs the indexer; never without it. */
    intervalSeconds?: number;
    digests: 'all' | 'latest' | 'sidecar';
    digestBudgetBytes?: number;
    deadlineSeconds: number;
    /** The heap of the indexer that the proxy runs, in MiB; Node's own limit without it. */
    maxHeapMb?: number;
    /** The publish gate: how much of its extensions, versions or a source's releases a site may lose at once. */
    maxLossPercent: number;
    /** The index is stale when no crawl has confirmed it for so long. */
    maxAgeSeconds: number;
    /** Folder or URL of a published `v1` whose memory the crawl starts from; the site's own folder without it. */
    previous?: string;
  };
}
