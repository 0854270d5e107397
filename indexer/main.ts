#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import type { Config } from './config/config.ts';
import type { CrawlPart } from './crawl/crawl.ts';
import { EXIT, exitCodeOf, exitCodeOfError } from './exit-codes.ts';
import { parseFailOn } from './fail-on.ts';
import { messageOf, RegistryError } from './model/errors.ts';
import { parseExtensionId, type ExtensionId } from './model/extension.ts';
import type { ProblemCode } from './model/problem.ts';
import { createRunLog, parseLogFormat, summarizeError, type RunLog } from './run-log.ts';
import type { SiteStorage } from './storage/storage.ts';

/*
 * What a command needs is imported by it: help, and a complaint about the arguments, come without waiting for the HTTP
 * client and the schemas (80 ms instead of 320).
 */

const HELP = `extension-indexer: crawls the configured sources once and publishes the site.

  extension-indexer --config FILE [--json] [--quiet] [--log FORMAT] [--first-run]
                    [--full] [--source NAME] [--only type/name] [--fail-on CODE,…] [--accept-loss type/name]… [--force]
  extension-indexer check --config FILE [--json]
  extension-indexer explain SUBJECT --config FILE [--live] [--json]
  extension-indexer rollback [GENERATION] --config FILE [--json]
  extension-indexer resume --config FILE [--json]
  extension-indexer fsck --config FILE [--json]

  --config FILE   the configuration, TOML; deploy/registry.example.toml documents every key
  --json          print the report as one JSON object
  --quiet         print errors only
  --log FORMAT    text (the default), or json: standard error has one JSON object a line, and the last one sums up the
                  run, however it ended: exit_code, outcome, generation, changed, sources, problems, duration_ms
  --first-run     start with an empty memory although [indexer] previous has no site yet, or the memory is damaged
  --full          read every repository again, also those in which nothing seems to have changed
  --source NAME   crawl this source only; what the others gave last stands
  --only type/name
                  crawl this extension only, as a publisher's CI does after a release; at each source, or with --source
                  at one. A crawl of a part does not make a stale index fresh
  --fail-on CODE  exit with 5, after publishing, where there is a problem of this code, such as mutated;
                  several with commas between them, or the option several times
  --accept-loss type/name
                  publish although this extension, or versions of it, vanish; may be given several times
  --force         publish whatever vanishes
  --help, --version

  check           validate the configuration and ask every backend, change nothing
  explain         why SUBJECT is listed or not: type/name or a repository, with @version or without; from the
                  published site, or with --live from the backends as they are now; exit 0 listed, 1 not listed
  rollback        publish the content of an earlier generation (of the one before, without a number) as a new one,
                  and hold it there: until resume, nothing is crawled or published
  resume          let the indexer publish again
  fsck            read every document of every kept generation, name what is damaged or missing, and repair it or make
                  room for the next run to write it again; exit 0 all is whole, 1 damage was found

Exit codes: 0 published, unchanged or held; 1 failed, refused, or every source failed; 2 usage or configuration;
3 published with a failing source carried forward; 4 another indexer runs, or published meanwhile;
5 published with a problem that --fail-on names.
`;

interface Flags {
  config: string;
  json: boolean;
  quiet: boolean;
  firstRun: boolean;
  failOn: ReadonlySet<ProblemCode>;
  live: boolean;
  force: boolean;
  full: boolean;
  part: CrawlPart | undefined;
  acceptedLosses: ReadonlySet<string>;
}

/** Each with how many operands it takes at most. */
const COMMANDS: Readonly<Record<string, number>> = { index: 0, check: 0, explain: 1, rollback: 1, resume: 0, fsck: 0 };

// Whoever reads us through a pipe may stop reading: what was published stands, and its exit code too.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const startedAt = Date.now();
const logAs = (format: 'text' | 'json'): RunLog =>
  createRunLog({ json: format === 'json', now: Date.now, write: (text) => void process.stderr.write(text) });
let log = logAs('text');

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  const exitCode = exitCodeOfError(error);
  log.fail(messageOf(error));
  log.end(summarizeError(error, exitCode, Date.now() - startedAt));
  return exitCode;
});

async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArguments(argv);
  log = logAs(parseLogFormat(values.log ?? 'text'));
  if (values.help === true) return print(HELP);
  if (values.version === true) return print(`${packageJson.version}\n`);
  if (values.config === undefined) throw new RegistryError('usage', 'Name the configuration: --config FILE.');
  const flags: Flags = {
    config: values.config,
    json: values.json === true,
    quiet: values.quiet === true,
    firstRun: values['first-run'] === true,
    failOn: parseFailOn(values['fail-on'] ?? []),
    live: values.live === true,
    force: values.force === true,
    full: values.full === true,
    part: parsePart(values.source, values.only),
    acceptedLosses: new Set((values['accept-loss'] ?? []).map((each) => parseId('--accept-loss', each))),
  };
  const [command = 'index', ...operands] = positionals;
  const most = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (most === undefined || (most === 0 && operands.length > 0)) {
    throw new RegistryError('usage', `There is no command ${positionals.join(' ')}; see --help.`);
  }
  const [operand, ...others] = operands;
  if (command === 'explain' && (operand === undefined || others.length > 0)) {
    throw new RegistryError('usage', 'Name one subject: explain type/name, or explain REPOSITORY; see --help.');
  }
  if (command === 'rollback' && (others.length > 0 || !/^[1-9]\d{0,14}$/.test(operand ?? '1'))) {
    throw new RegistryError('usage', 'Name one generation by its number: rollback 12, or none; see --help.');
  }
  const { loadConfig } = await import('./config/load.ts');
  const { REAL_IO } = await import('./config/config-io.ts');
  const { config, warnings } = await loadConfig(flags.config, { ...REAL_IO, env: process.env });
  for (const warning of warnings) log.warn(warning);
  if (command === 'rollback') return rollback(operand, config, flags);
  if (command === 'resume') return resume(config, flags);
  if (command === 'fsck') return fsck(config, flags);
  if (operand !== undefined) return explain(operand, config, flags);
  return command === 'check' ? await check(config, flags) : await index(config, flags);
}

async function index(config: Config, flags: Flags): Promise<number> {
  checkPart(flags.part, config);
  const { buildSite } = await import('./build-site.ts');
  const { createProgress } = await import('./progress.ts');
  const { renderReportJson, renderReportText } = await import('./report-text.ts');
  const { summarizeRun } = await import('./run-summary.ts');
  const { openReader } = await import('./storage/open-reader.ts');
  const clock = await ofThisMachine();
  const storage = await openStorage(config);
  const { previous: place } = config.indexer;
  const previous = place === undefined ? undefined : openReader(place, { timeoutMs: 30_000, s3: config.s3, ...clock });
  const progress = createProgress({
    write: (text) => void (flags.quiet || log.progress(text)),
    interactive: process.stderr.isTTY && process.env['CI'] === undefined && !log.isJson,
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
      force: flags.force,
      full: flags.full,
      ...(flags.part && { part: flags.part }),
      acceptedLosses: flags.acceptedLosses,
      onProgress: (source, each) => progress.update(source, each),
      ...(previous && { previous }),
    });
    progress.finish();
    if (flags.json) print(`${JSON.stringify(renderReportJson(report))}\n`);
    else if (!flags.quiet) print(`${renderReportText(report).join('\n')}\n`);
    const exitCode = exitCodeOf(report, flags.failOn);
    log.end(summarizeRun(report, exitCode));
    return exitCode;
  } finally {
    progress.finish();
    await Promise.all([previous?.close(), storage.close()]);
  }
}

function checkPart(part: CrawlPart | undefined, { sources }: Config): void {
  const names = sources.map((each) => each.name);
  if (part?.source === undefined || names.includes(part.source)) return;
  throw new RegistryError('usage', `--source: no source is named ${part.source}; there are: ${names.join(', ')}.`);
}

async function check(config: Config, flags: Flags): Promise<number> {
  const { checkSources } = await import('./check-sources.ts');
  const checks = await checkSources(config, await ofThisMachine());
  if (flags.json) print(`${JSON.stringify({ sources: checks })}\n`);
  else for (const { name, kind, fault } of checks) print(`${name} (${kind}): ${fault ?? 'answers and lets us in'}\n`);
  return checks.some((each) => each.fault !== undefined) ? EXIT.failed : EXIT.done;
}

async function explain(subject: string, config: Config, flags: Flags): Promise<number> {
  const { explainSubject } = await import('./explain-command.ts');
  const { renderExplanation } = await import('./explain-text.ts');
  const explanation = await explainSubject(subject, { config, live: flags.live }, await ofThisMachine());
  const lines = flags.json ? [JSON.stringify(explanation)] : renderExplanation(explanation);
  print(`${lines.join('\n')}\n`);
  return explanation.listed ? EXIT.done : EXIT.failed;
}

async function rollback(generation: string | undefined, config: Config, flags: Flags): Promise<number> {
  const { rollBackSite } = await import('./rollback.ts');
  const { renderRolledBack } = await import('./rollback-text.ts');
  const { keepGenerations } = config.site;
  const wanted = generation === undefined ? undefined : Number(generation);
  const storage = await openStorage(config);
  const done = await rollBackSite(wanted, { storage, keepGenerations, now: Date.now });
  return print(flags.quiet ? '' : `${renderRolledBack(done, flags.json)}\n`);
}

async function resume(config: Config, flags: Flags): Promise<number> {
  const { resumeSite } = await import('./rollback.ts');
  const { renderResumed } = await import('./rollback-text.ts');
  const held = await resumeSite({ storage: await openStorage(config), now: Date.now });
  return print(flags.quiet ? '' : `${renderResumed(held, flags.json)}\n`);
}

async function fsck(config: Config, flags: Flags): Promise<number> {
  const { examineSite } = await import('./fsck.ts');
  const { renderExaminationJson, renderExaminationText } = await import('./fsck-text.ts');
  const examination = await examineSite({ storage: await openStorage(config), now: Date.now });
  if (flags.json) print(`${JSON.stringify(renderExaminationJson(examination))}\n`);
  else if (!flags.quiet) print(`${renderExaminationText(examination).join('\n')}\n`);
  return examination.damaged.length > 0 ? EXIT.failed : EXIT.done;
}

async function openStorage(config: Config): Promise<SiteStorage> {
  const { openSiteStorage } = await import('./open-storage.ts');
  return openSiteStorage(config, { ...(await ofThisMachine()), temporaryName: randomUUID });
}

function parseId(option: string, text: string): ExtensionId {
  try {
    return parseExtensionId(text);
  } catch (cause) {
    throw new RegistryError('usage', `${option}: ${messageOf(cause)}`, { cause });
  }
}

function parsePart(source: string | undefined, only: string | undefined): CrawlPart | undefined {
  if (source === undefined && only === undefined) return undefined;
  return { ...(source !== undefined && { source }), ...(only !== undefined && { only: parseId('--only', only) }) };
}

/** Its clock, its dice, and its way to other servers. */
async function ofThisMachine() {
  const { proxiesFromEnvironment } = await import('./http/forward-proxies.ts');
  return { now: Date.now, random: Math.random, network: { proxyFor: proxiesFromEnvironment(process.env) } };
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
        log: { type: 'string' },
        'first-run': { type: 'boolean' },
        'fail-on': { type: 'string', multiple: true },
        live: { type: 'boolean' },
        force: { type: 'boolean' },
        full: { type: 'boolean' },
        source: { type: 'string' },
        only: { type: 'string' },
        'accept-loss': { type: 'string', multiple: true },
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
