#!/usr/bin/env node
import cluster, { type Worker } from 'node:cluster';
import { basename, join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { proxiesFromEnvironment } from '../indexer/http/forward-proxies.ts';
import { codeOf, messageOf } from '../indexer/model/errors.ts';
import { WORKER_VARIABLE } from './cluster/messages.ts';
import { parseFlags, type Flags } from './flags.ts';
import type { IndexerEnd } from './indexer-runs.ts';
import { firstSignal, nextSignal } from './signals.ts';

/*
 * Each role loads only what it needs, when it is known: --help answers after 80 ms instead of 400, and the primary of
 * several workers, which serves nothing, is spared 150 ms and 25 MB before it starts them.
 */

const EXIT = { done: 0, failed: 1, usage: 2 } as const;
const { version } = packageJson;
const now = Date.now;
/** `dist/` has the tree of the sources: main.js stands where main.ts does. */
const ROOT = join(import.meta.dirname, '..');
const INDEXER = join(ROOT, 'indexer', basename(import.meta.filename));

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`extension-registry: ${messageOf(error)}\n`);
  const code = codeOf(error);
  return code === 'usage' || code === 'config' ? EXIT.usage : EXIT.failed;
});

async function run(argv: string[]): Promise<number> {
  const flags = parseFlags(argv, version);
  if (typeof flags === 'string') {
    process.stdout.write(flags);
    return EXIT.done;
  }
  // With `[server] workers` this program starts itself again.
  const channel = process.env[WORKER_VARIABLE] === undefined ? undefined : cluster.worker;
  return channel === undefined ? serveConfigured(flags) : serveAsWorker(channel, flags);
}

async function serveConfigured(flags: Flags): Promise<number> {
  const { loadConfig } = await import('../indexer/config/load.ts');
  const { REAL_IO } = await import('../indexer/config/config-io.ts');
  const { createConfiguredSchedule } = await import('./indexer-child.ts');
  const { createIndexerRuns } = await import('./indexer-runs.ts');
  const io = { ...REAL_IO, env: process.env };
  const { config: configured, warnings } = await loadConfig(flags.config, io);
  const { port = configured.server.port } = flags;
  const config = { ...configured, server: { ...configured.server, port } };
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  const log = { level: flags.logLevel };
  const runs = createIndexerRuns(now);
  const scheduled = {
    config,
    configFile: flags.config,
    program: INDEXER,
    now,
    random: Math.random,
    network: { proxyFor: commonOptions(flags).proxyFor },
    onEnd: (end: IndexerEnd) => runs.count(end),
    onOverdue: () => runs.countOverdue(),
  };
  const common = { ...commonOptions(flags), config, signalled: nextSignal(), otherMetrics: () => runs.metrics() };
  if (config.server.workers > 1) {
    const { createLog } = await import('./log.ts');
    const { runPrimary } = await import('./cluster/primary.ts');
    const ownLog = createLog(log);
    const schedule = createConfiguredSchedule({ ...scheduled, log: ownLog });
    await runPrimary({ ...common, log: ownLog, now, schedule });
  } else {
    const { serve } = await import('./serve.ts');
    await serve({
      ...common,
      log,
      createSchedule: (appLog) => createConfiguredSchedule({ ...scheduled, log: appLog }),
    });
  }
  return EXIT.done;
}

async function serveAsWorker(channel: Worker, flags: Flags): Promise<number> {
  const signalled = firstSignal();
  const { runWorker } = await import('./cluster/worker.ts');
  const { serve } = await import('./serve.ts');
  const served = await runWorker(channel, ({ worker, ...part }) =>
    serve({ ...commonOptions(flags), ...part, log: { level: flags.logLevel, worker }, signalled }),
  );
  return served ? EXIT.done : EXIT.failed;
}

function commonOptions({ graceMs }: Flags) {
  const publicFolder = join(ROOT, 'public');
  return { version, graceMs, publicFolder, proxyFor: proxiesFromEnvironment(process.env) };
}
