import type { Config } from '../indexer/config/config.ts';
import type { CollectCounts } from './counts.ts';
import type { CrawlReports } from './crawl-reports.ts';
import type { Documents } from './documents.ts';
import type { Health } from './health.ts';
import type { ProxyMetrics } from './proxy-metrics.ts';
import type { DocumentClass, Representations } from './representation.ts';
import type { SendAsset } from './send-asset.ts';
import type { SiteView } from './site-view.ts';

/** What the routes work with. */
export interface Services {
  config: Config;
  view: SiteView;
  documents: Documents;
  representations: Readonly<Record<DocumentClass, Representations>>;
  sendAsset: SendAsset;
  health: Health;
  crawlReports: CrawlReports;
  metrics: ProxyMetrics;
  collectCounts: CollectCounts;
  /** Milliseconds since 1970. */
  now: () => number;
  isStopping: () => boolean;
}
