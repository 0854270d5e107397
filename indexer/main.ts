#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { buildSite } from './build-site.ts';
import { checkSources } from './check-sources.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { EXIT, exitCodeOf, exitCodeOfError } from './exit-codes.ts';
import { messageOf, RegistryError } from './model/errors.ts';
import { createProgress } from './progress.ts';
import { renderReportJson, renderReportText } from './report-text.ts';
import { createFolderStorage } from './storage/folder.ts';
import { openReader } from './storage/open-reader.ts';

const HELP = `extension-indexer: crawls the configured sources once and publishes the site.

  extension-indexer --config FILE [--json] [--quiet] [--first-run]
  extension-indexer check --config FILE [--json]

  --config FILE   the configuration, TOML; deploy/registry.example.toml documents every key
  --json          print the report as one JSON object
  --quiet         print errors only
  --first-run     start with an empty memory although [indexer] previous has no site yet
  --help, --version

  check           validate the configuration and ask every backend, change nothing

Exit codes: 0 published or unchanged; 1 failed, or every source failed; 2 usage or configuration;
3 published with a failing source carried forward; 4 another indexer published meanwhile.
`;

interface Flags {
  config: string;
  json: boolean;
  quiet: boolean;
  firstRun: boolean;
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`extension-indexer: ${messageOf(error)}\n`);
  return exitCodeOfError(error);
});

async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArguments(argv);
  if (values.help === true) return print(HELP);
  if (values.version === true) return print(`${packageJson.version}\n`);
  if (values.config === undefined) throw new RegistryError('usage', 'Name the configuration: --config FILE.');
  const flags: Flags = {
    config: values.config,
    json: values.json === true,
    quiet: values.quiet === true,
    firstRun: values['first-run'] === true,
  };
  const [command = 'index', ...more] = positionals;
  if (more.length > 0 || !['index', 'check'].includes(command)) {
    throw new RegistryError('usage', `There is no command ${positionals.join(' ')}; see --help.`);
  }
  const { config, warnings } = await loadConfig(flags.config);
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  return command === 'check' ? await check(config, flags) : await index(config, flags);
}

async function index(config: Config, flags: Flags): Promise<number> {
  const clock = { now: Date.now, random: Math.random };
  const storage = createFolderStorage({
    root: join(config.site.path, 'api', 'v1'),
    now: clock.now,
    temporaryName: randomUUID,
  });
  const { previous: place } = config.indexer;
  const previous = place === undefined ? undefined : openReader(place, { timeoutMs: 30_000, random: clock.random });
  const progress = createProgress({
    write: (text) => void (flags.quiet || process.stderr.write(text)),
    interactive: process.stderr.isTTY && process.env['CI'] === undefined,
    columns: process.stderr.columns || 80,
    now: clock.now,
  });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () =>
      stop.abort(new RegistryError('source_failed', `Stopped by ${signal}; nothing was published.`)),
    );
  }
  try {
    const report = await buildSite(config, {
      ...clock,
      storage,
      signal: stop.signal,
      firstRun: flags.firstRun,
      onProgress: (source, each) => progress.update(source, each),
      ...(previous && { previous }),
    });
    progress.finish();
    if (flags.json) print(`${JSON.stringify(renderReportJson(report))}\n`);
    else if (!flags.quiet) print(`${renderReportText(report).join('\n')}\n`);
    return exitCodeOf(report);
  } finally {
    progress.finish();
    await previous?.close();
  }
}

async function check(config: Config, flags: Flags): Promise<number> {
  const checks = await checkSources(config, { now: Date.now, random: Math.random });
  if (flags.json) print(`${JSON.stringify({ sources: checks })}\n`);
  else for (const { name, kind, fault } of checks) print(`${name} (${kind}): ${fault ?? 'answers and lets us in'}\n`);
  return checks.some((each) => each.fault !== undefined) ? EXIT.failed : EXIT.done;
}

function parseArguments(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        json: { type: 'boolean' },
        quiet: { type: 'boolean' },
        'first-run': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new RegistryError('usage', `${messageOf(cause)} See --help.`, { cause });
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}
