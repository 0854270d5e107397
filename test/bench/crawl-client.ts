import { readFileSync, writeFileSync } from 'node:fs';
import process, { cpuUsage, resourceUsage } from 'node:process';
import { crawlSources } from '../../indexer/crawl/crawl.ts';
import { createOwnership } from '../../indexer/crawl/owners.ts';
import { remember } from '../../indexer/crawl/remember.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { BUILT_IN_TYPES } from '../../indexer/model/extension.ts';
import { emptyMemory, type Memory } from '../../indexer/model/memory.ts';
import type { LooksDocument } from '../../indexer/model/looks.ts';
import { formatTime } from '../../indexer/model/text.ts';
import { renderLooks } from '../../indexer/site/reports.ts';
import type { SourceConfig } from '../../indexer/model/source-config.ts';
import { createSource } from '../../indexer/sources/create-source.ts';
import { ORGANIZATION, TOKEN } from './crawl-world.ts';

/*
 * One crawl in a process of its own, as the indexer is started anew for each: from the first request to the catalogue
 * in memory. What an earlier crawl knew is in a file, and so is afterwards what this one knows.
 */

export interface CrawlTask {
  gitea: string;
  oci: string;
  concurrency: number;
  /** Nothing is known without it. */
  readMemory?: string;
  writeMemory?: string;
  /** When repositories were looked at; each is read without it. */
  readLooks?: string;
  writeLooks?: string;
  /** Milliseconds since 1970; the machine's clock without it. */
  nowMs?: number;
}

export interface Measured {
  ms: number;
  cpuMs: number;
  rssMb: number;
  requests: number;
}

export interface Crawled extends Measured {
  /** Of the whole catalogue as JSON. */
  catalogue: string;
  extensions: number;
  versions: number;
  assetsRead: number;
  bytesRead: number;
  /** `type/name@version` -> digest of its primary asset. */
  primaries: Record<string, string>;
}

const task = JSON.parse(process.argv[2] ?? '{}') as CrawlTask;
const memory =
  task.readMemory === undefined ? emptyMemory() : (JSON.parse(readFileSync(task.readMemory, 'utf8')) as Memory);
const common = { priority: 0, owns: [], timeoutMs: 30_000, verifyTls: true };
const configs: SourceConfig[] = [
  {
    ...common,
    kind: 'gitea',
    name: 'gitea',
    base: new URL(`${task.gitea}/`),
    organization: ORGANIZATION,
    secret: TOKEN,
    includePrivate: false,
    includeForks: false,
  },
  { ...common, kind: 'oci', name: 'oci', base: new URL(`${task.oci}/`), namespace: ORGANIZATION },
];

const { concurrency } = task;
const { nowMs } = task;
const clock = { now: nowMs === undefined ? Date.now : () => nowMs, random: () => 0.5 };
const looks =
  task.readLooks === undefined ? undefined : (JSON.parse(readFileSync(task.readLooks, 'utf8')) as LooksDocument);
const [startedMs, before] = [performance.now(), cpuUsage()];
const sources = configs.map((each) => createSource(each, { types: BUILT_IN_TYPES, concurrency, ...clock }));
const outcomes = await crawlSources(
  sources,
  { memory, ...(looks && { looks }) },
  {
    // The defaults: a day, and a week.
    looking: { recentMs: 86_400_000, lookAgainMs: 604_800_000 },
    digests: 'all',
    digestBudgetBytes: Infinity,
    concurrency,
    deadlineMs: 600_000,
    signal: new AbortController().signal,
    ...clock,
  },
);
const { catalogue, memory: remembered } = remember(memory, outcomes, {
  preference: configs.map((each) => each.name),
  ownership: createOwnership(configs),
  policy: [],
  now: '2026-06-01T12:00:00Z',
});
const [ms, cpu] = [performance.now() - startedMs, cpuUsage(before)];

for (const { failure } of outcomes) if (failure !== undefined) throw failure;
if (task.writeMemory !== undefined) writeFileSync(task.writeMemory, JSON.stringify(remembered));
if (task.writeLooks !== undefined) {
  const parts = { at: formatTime(clock.now()), memory: digestOf('') };
  writeFileSync(task.writeLooks, JSON.stringify(renderLooks(outcomes, new Map(), parts)));
}
const versions = catalogue.extensions.flatMap(({ id, versions: all }) => all.map((each) => ({ id, ...each })));
const primaries = versions.flatMap(({ id, version, assets }) => {
  const digest = assets.find((each) => each.primary)?.digest;
  return digest === undefined ? [] : [[`${id}@${version}`, digest] as const];
});
const sum = (of: (counts: (typeof outcomes)[number]['counts']) => number): number =>
  outcomes.reduce((total, { counts }) => total + of(counts), 0);
process.send?.({
  ms,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  rssMb: resourceUsage().maxRSS / 1_024,
  requests: sum((each) => each.requests),
  catalogue: digestOf(JSON.stringify(catalogue)),
  extensions: catalogue.extensions.length,
  versions: versions.length,
  assetsRead: sum((each) => each.assets_read),
  bytesRead: sum((each) => each.bytes_read),
  primaries: Object.fromEntries(primaries),
} satisfies Crawled);
await Promise.all(sources.map((each) => each.close()));
