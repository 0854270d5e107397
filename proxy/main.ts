#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import type { Config } from '../indexer/config/config.ts';
import { loadConfig } from '../indexer/config/load.ts';
import { proxiesFromEnvironment } from '../indexer/http/forward-proxies.ts';
import { codeOf, messageOf, RegistryError } from '../indexer/model/errors.ts';
import { readPointer } from '../indexer/read-site.ts';
import { createSource } from '../indexer/sources/create-source.ts';
import { createFolderReader } from '../indexer/storage/folder.ts';
import { buildApp } from './app.ts';
import { parseFlags, type Flags } from './flags.ts';
import { createIndexerSchedule } from './indexer-schedule.ts';
import { shutDown } from './shutdown.ts';

const EXIT = { done: 0, failed: 1, usage: 2 } as const;
/** Requests at once to one source. */
const CONCURRENCY = 64;
/** A client waits for us: whoever has more patience than this is better served by an error. */
const RETRY = { tries: 2, baseDelayMs: 100, maxDelayMs: 1_000 };
const KILL_INDEXER_AFTER_MS = 10_000;

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`extension-registry: ${messageOf(error)}\n`);
  const code = codeOf(error);
  return code === 'usage' || code === 'config' ? EXIT.usage : EXIT.failed;
});

async function run(argv: string[]): Promise<number> {
  const flags = parseFlags(argv, packageJson.version);
  if (typeof flags === 'string') {
    process.stdout.write(flags);
    return EXIT.done;
  }
  const { config, warnings } = await loadConfig(flags.config);
  if (config.server.workers > 1) {
    warnings.push(
      '[server] workers: this version serves with one process; run several behind a load balancer instead.',
    );
  }
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  return serve(config, flags);
}

async function serve(config: Config, flags: Flags): Promise<number> {
  const clock = { now: Date.now, random: Math.random };
  const reader = createFolderReader({ root: join(config.site.path, 'api', 'v1') });
  const network = { proxyFor: proxiesFromEnvironment(process.env) };
  const dependencies = { types: config.types, concurrency: CONCURRENCY, retry: RETRY, network, ...clock };
  const sources = new Map(config.sources.map((each) => [each.name, createSource(each, dependencies)]));
  const app = buildApp({
    ...clock,
    config,
    reader,
    sources,
    log: { level: flags.logLevel },
    publicFolder: join(import.meta.dirname, '..', 'public'),
    version: packageJson.version,
  });
  const { intervalSeconds } = config.indexer;
  const schedule =
    intervalSeconds === undefined
      ? undefined
      : createIndexerSchedule({
          intervalMs: intervalSeconds * 1_000,
          killAfterMs: KILL_INDEXER_AFTER_MS,
          spawn: () => spawnIndexer(flags.config),
          lastCheckedMs: async () => {
            const published = await readPointer(reader).catch(() => undefined);
            return published && Date.parse(published.pointer.checked_at);
          },
          now: clock.now,
          log: app.log,
        });
  const signalled = nextSignal();
  try {
    await listen(app, config);
    await schedule?.start();
    app.log.info({ event: 'stopping', signal: await signalled }, 'stopping');
    await Promise.all([schedule?.stop(), shutDown(app, { graceMs: flags.graceMs })]);
    return EXIT.done;
  } finally {
    await Promise.all([...[...sources.values()].map((each) => each.close()), reader.close()]);
  }
}

async function listen(app: ReturnType<typeof buildApp>, { server }: Config): Promise<void> {
  try {
    await app.listen({ host: server.host, port: server.port });
  } catch (cause) {
    await app.close();
    const { code } = cause as { code?: string };
    const why = code === 'EADDRINUSE' ? 'is taken; stop what uses it, or' : `cannot be opened (${messageOf(cause)});`;
    const message = `Port ${server.port} on ${server.host} ${why} choose another [server] port.`;
    throw new RegistryError('unreachable', message, { cause });
  }
}

function spawnIndexer(config: string) {
  const program = join(import.meta.dirname, '..', 'indexer', 'main.ts');
  return spawn(process.execPath, [program, '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first signal to stop; a second one of either ends the process as if nobody listened. */
function nextSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, stop);
      resolve(signal);
    };
    for (const each of signals) process.on(each, stop);
  });
}
