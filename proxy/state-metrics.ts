import type { AllCounts, WorkerCounts } from './counts.ts';
import type { CrawlFigures } from './crawl-reports.ts';
import { createMetricRegistry, type MetricRegistry, type MetricSnapshot } from './metrics.ts';
import type { Generation } from './site-view.ts';

/** What is known at the time of a scrape. */
export interface MetricsState {
  all: AllCounts;
  generation: Generation | undefined;
  /** Whether the last look at the published site found it whole. */
  isReadable: boolean;
  /** The index is stale when it is older. */
  maxAgeSeconds: number;
  crawl: CrawlFigures | undefined;
  /** Milliseconds since 1970. */
  nowMs: number;
}

/** What is the same in all processes, and so is told once; and what has the number of its process as a label. */
export function stateMetrics(state: MetricsState, version: string): MetricSnapshot[] {
  const registry = createMetricRegistry();
  registry.gauge('extreg_build_info', 'Always 1; the version is the label.').set({ version }, 1);
  addWorkers(registry, state.all);
  addProcesses(registry, state.all.reporting);
  const set = setterOf(registry);
  set(
    'extreg_index_readable',
    'Whether the published site was found whole at the last look.',
    Number(state.isReadable),
  );
  set('extreg_index_max_age_seconds', 'The age at which the index counts as stale.', state.maxAgeSeconds);
  set('extreg_crawl_report_readable', "Whether the newest crawl's report is read.", Number(state.crawl !== undefined));
  if (state.generation !== undefined) addIndex(registry, state.generation, state.nowMs);
  if (state.crawl !== undefined) addCrawl(registry, state.crawl);
  return registry.snapshot();
}

/** Sets a gauge without labels, and leaves out what is no number. */
function setterOf(registry: MetricRegistry) {
  return (name: string, help: string, value: number): void => {
    if (Number.isFinite(value)) registry.gauge(name, help).set({}, value);
  };
}

function addWorkers(registry: MetricRegistry, all: AllCounts): void {
  const set = setterOf(registry);
  set('extreg_workers', 'Processes that serve, as configured.', all.workers);
  set('extreg_workers_reporting', 'Workers whose counts are up to date in this answer.', all.reporting.length);
  registry
    .counter('extreg_worker_restarts_total', 'Workers that took the place of one that ended.')
    .add({}, all.restarts);
}

/** By the names that every program has them under. */
function addProcesses(registry: MetricRegistry, reporting: readonly WorkerCounts[]): void {
  const started = registry.gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.');
  const resident = registry.gauge('process_resident_memory_bytes', 'Memory that the process holds.');
  const cpu = registry.counter('process_cpu_seconds_total', 'User and system CPU time of the process.');
  const p99 = registry.gauge(
    'extreg_event_loop_lag_p99_seconds',
    'How late the event loop came to what was due, over the last minute or two: the 99th percentile.',
  );
  const max = registry.gauge('extreg_event_loop_lag_max_seconds', 'The same: the longest.');
  for (const { worker, process } of reporting) {
    const labels = { worker: String(worker) };
    started.set(labels, process.startedSeconds);
    resident.set(labels, process.residentBytes);
    cpu.add(labels, process.cpuSeconds);
    p99.set(labels, process.lagSeconds.p99);
    max.set(labels, process.lagSeconds.max);
  }
}

function addIndex(registry: MetricRegistry, { pointer }: Generation, nowMs: number): void {
  const set = setterOf(registry);
  // Its ending is a counter's, but the name is the API's old one; its well-named twin is below.
  set('extensions_total', 'Extensions in the index.', pointer.counts.extensions);
  const extensions = registry.gauge('extreg_extensions', 'Extensions in the index, by type.');
  for (const [type, count] of Object.entries(pointer.counts.by_type)) extensions.set({ type }, count);
  set('extreg_versions', 'Versions in the index.', pointer.counts.versions);
  set('extreg_index_generation', 'Number of the generation served.', pointer.generation);
  const created = Date.parse(pointer.created) / 1_000;
  set('extreg_index_created_timestamp_seconds', 'When the generation served was made, seconds since 1970.', created);
  const ageSeconds = Math.max(0, (nowMs - Date.parse(pointer.checked_at)) / 1_000);
  set('extreg_index_age_seconds', 'Time since a crawl last confirmed the index.', ageSeconds);
  const held = Number(pointer.held !== undefined);
  set('extreg_index_held', 'Whether a rollback holds the index, so that nothing is published.', held);
  const success = registry.gauge(
    'extreg_crawl_last_success_timestamp_seconds',
    'Last successful crawl of a source, seconds since 1970.',
  );
  const carried = registry.gauge(
    'extreg_source_carried_forward',
    'Whether a source failed, and what it gave earlier is shown.',
  );
  for (const { name: source, last_success: last, carried_since: since } of pointer.sources) {
    if (last !== undefined) success.set({ source }, Date.parse(last) / 1_000);
    carried.set({ source }, Number(since !== undefined));
  }
}

function addCrawl(registry: MetricRegistry, crawl: CrawlFigures): void {
  const set = setterOf(registry);
  set('extreg_crawl_started_timestamp_seconds', 'Start of the newest crawl, seconds since 1970.', crawl.startedSeconds);
  set('extreg_crawl_finished_timestamp_seconds', 'End of the newest crawl, seconds since 1970.', crawl.finishedSeconds);
  const bySource = (
    name: string,
    help: string,
    valueOf: (figures: CrawlFigures['sources'][number]) => number,
  ): void => {
    const gauge = registry.gauge(name, help);
    for (const each of crawl.sources) {
      const value = valueOf(each);
      if (Number.isFinite(value)) gauge.set({ source: each.name }, value);
    }
  };
  bySource(
    'extreg_crawl_duration_seconds',
    'How long the newest crawl of a source took.',
    (each) => each.durationSeconds,
  );
  bySource('extreg_crawl_requests', 'Requests of the newest crawl of a source.', (each) => each.requests);
  bySource('extreg_crawl_retries', 'Requests of it that were further tries.', (each) => each.retries);
  bySource('extreg_crawl_read_bytes', 'Bytes of assets that it read for digests.', (each) => each.readBytes);
  bySource('extreg_source_releases', 'Releases that a source has.', (each) => each.releases);
  const problems = registry.gauge('extreg_problems', 'Problems of the newest crawl that may be shown, by code.');
  for (const [code, count] of crawl.problems) if (Number.isFinite(count)) problems.set({ code }, count);
}
