import { LRUCache } from 'lru-cache';
import type { Document } from './document.ts';

export interface DocumentCacheOptions {
  enabled: boolean;
  /** Documents. */
  capacity: number;
  /** What they may take in memory, by a generous estimate. */
  maxBytes: number;
  ttlSeconds: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** As `GET /cache/stats` shows it. */
export interface CacheStatistics {
  enabled: boolean;
  entries: number;
  capacity: number;
  ttl_seconds: number;
  hits: number;
  misses: number;
  evictions: number;
  /** Hits of all look-ups, 0 to 1; 0 before the first. */
  hit_ratio: number;
}

export interface DocumentCache {
  /** A document that is kept; a hit only when the one who asks says so. */
  held(key: string): Document | undefined;
  countHit(): void;
  /** The document of a key, loaded at most once at a time; one that is not there is not remembered. */
  get(key: string, load: () => Promise<Document | undefined>): Promise<Document | undefined>;
  statistics(): CacheStatistics;
}

/** The text itself, its two codings, which are smaller together, and what is said of each. */
const sizeOf = ({ bytes }: Document): number => 2 * bytes.length + 4_096;

export function createDocumentCache(options: DocumentCacheOptions): DocumentCache {
  const { enabled, capacity, maxBytes, ttlSeconds, now } = options;
  const isOn = enabled && capacity > 0;
  const counts = { hits: 0, misses: 0, evictions: 0 };
  const loading = new Map<string, Promise<Document | undefined>>();
  const documents = new LRUCache<string, Document>({
    max: Math.max(1, capacity),
    maxSize: maxBytes,
    sizeCalculation: sizeOf,
    ttl: ttlSeconds * 1_000,
    ttlResolution: 0,
    perf: { now },
    dispose: (_document, _key, reason) => {
      if (reason === 'evict' || reason === 'expire') counts.evictions += 1;
    },
  });

  const load = (key: string, read: () => Promise<Document | undefined>): Promise<Document | undefined> => {
    const running = loading.get(key);
    if (running !== undefined) return running;
    const started = read()
      .then((document) => {
        if (isOn && document !== undefined) documents.set(key, document);
        return document;
      })
      .finally(() => loading.delete(key));
    loading.set(key, started);
    return started;
  };

  return {
    held: (key) => (isOn ? documents.get(key) : undefined),
    countHit: () => void (counts.hits += 1),
    get: async (key, read) => {
      const kept = isOn ? documents.get(key) : undefined;
      if (isOn) counts[kept === undefined ? 'misses' : 'hits'] += 1;
      return kept ?? load(key, read);
    },
    statistics: () => ({
      enabled: isOn,
      entries: documents.size,
      capacity,
      ttl_seconds: ttlSeconds,
      ...counts,
      hit_ratio: hitRatio(counts),
    }),
  };
}

export function hitRatio({ hits, misses }: Pick<CacheStatistics, 'hits' | 'misses'>): number {
  return hits === 0 ? 0 : Math.round((hits / (hits + misses)) * 10_000) / 10_000;
}
