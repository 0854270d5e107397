import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../indexer/model/errors.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../foreign-text.ts';
import { listInstalled } from '../project/installed.ts';
import { readLock } from '../project/lock-file.ts';
import type { SiteState } from '../registry/registry.ts';
import type { Settings } from '../settings.ts';
import { countOf, timeAgo } from '../times.ts';
import { wrap } from '../wrap.ts';

interface Finding {
  what: string;
  verdict: 'ok' | 'warning' | 'fault';
  detail: string;
}

/** Of what is told, beside the verdict. */
const INDENT = 9;
const DAY_MS = 86_400_000;
const PROXY_TIMEOUT_MS = 10_000;

/** Looks at everything that a download or an install needs, changes nothing, and fails where one of it is broken. */
export const run: RunCommand = async (context) => {
  const settings = await context.settings();
  const findings = [
    ...(await examineSite(context)),
    await examineFolder('cache', settings.cacheFolder),
    await examineFolder('install root', settings.root),
    await examine('lock file', async () => describeLock(settings)),
    await examine('installed', async () => describeInstalled(settings)),
  ];
  if (context.json) context.print(findings);
  else for (const each of findings) context.out(`${renderFinding(each, context)}\n`);
  return findings.some(({ verdict }) => verdict === 'fault') ? EXIT.failed : EXIT.done;
};

function renderFinding({ what, verdict, detail }: Finding, { terminal }: CommandContext): string {
  const colour = ({ ok: 'green', warning: 'yellow', fault: 'red' } as const)[verdict];
  const lines = wrap(`${what}: ${oneLine(detail)}`, terminal.columns - INDENT);
  return `${terminal.style(colour, verdict.padEnd(INDENT))}${lines.join(`\n${' '.repeat(INDENT)}`)}`;
}

/** What goes well is told by the text that `describe` gives, what does not by its error. */
async function examine(what: string, describe: () => Promise<string>): Promise<Finding> {
  try {
    return { what, verdict: 'ok', detail: await describe() };
  } catch (error) {
    return { what, verdict: 'fault', detail: messageOf(error) };
  }
}

async function examineSite(context: CommandContext): Promise<Finding[]> {
  let state: SiteState | undefined;
  const site = await examine('site', async () => {
    state = await (await context.registry()).state();
    return `${state.site}, generation ${state.generation}, ${countOf(state.counts.extensions, 'extension')}`;
  });
  const forward = await examineForwardProxy(context, state);
  if (state === undefined) return [site, ...forward];
  return [
    site,
    ...forward,
    ...state.failures.map(({ site: mirror, reason }): Finding => ({
      what: 'mirror',
      verdict: 'warning',
      detail: `${mirror}: ${reason}`,
    })),
    examineAge(state, context.now()),
    await examineProxy(state, context),
  ];
}

/** What stands between us and the servers that are asked, where the environment names anything. */
async function examineForwardProxy(context: CommandContext, state: SiteState | undefined): Promise<Finding[]> {
  const { sites, proxy = state?.proxy } = await context.settings();
  const servers = new Set([...sites, proxy].flatMap((each) => URL.parse(each ?? '') ?? []).map(({ origin }) => origin));
  const finding = await examine('forward proxy', async () => {
    const proxyFor = await context.proxyFor();
    if (proxyFor === undefined) return '';
    const ways = [...servers]
      .filter((each) => each !== 'null')
      .map((each) => {
        const found = proxyFor(new URL(each));
        return found === undefined
          ? `${each} is asked directly: it is of this machine or in NO_PROXY, or no variable is for it`
          : `${each} is asked through ${found.url.origin}`;
      });
    return ways.length === 0 ? 'named, and not used: no server is asked' : ways.join('; ');
  });
  return finding.detail === '' ? [] : [finding];
}

function examineAge({ checkedAt, sources, held }: SiteState, nowMs: number): Finding {
  const carried = sources.filter((each) => each.carried_since !== undefined).map(({ name }) => name);
  const isOld = nowMs - Date.parse(checkedAt) > DAY_MS;
  const told = [
    `a crawl last found it true ${timeAgo(checkedAt, nowMs)}`,
    ...(isOld ? ['its operator should see why no crawl has succeeded since'] : []),
    ...(carried.length > 0 ? [`${carried.join(', ')} cannot be reached and shows what it had before`] : []),
    ...(held === undefined ? [] : [`a rollback holds it at what generation ${held.generation} was`]),
  ];
  const verdict = isOld || carried.length > 0 || held !== undefined ? 'warning' : 'ok';
  return { what: 'age', verdict, detail: told.join('; ') };
}

async function examineProxy({ proxy, offline }: SiteState, context: CommandContext): Promise<Finding> {
  if (proxy === undefined) {
    const detail = 'the site names none; pass --proxy with its URL to download';
    return { what: 'proxy', verdict: 'warning', detail };
  }
  if (offline) return { what: 'proxy', verdict: 'ok', detail: `${proxy}, not asked offline` };
  return examine('proxy', async () => {
    const base = new URL(proxy.endsWith('/') ? proxy : `${proxy}/`);
    const common = { verifyTls: true, connections: 1, random: () => 0.5 };
    const proxyFor = await context.proxyFor();
    const { createHttpClient } = await import('../../indexer/http/client.ts');
    const http = createHttpClient({
      name: base.href,
      base,
      timeoutMs: PROXY_TIMEOUT_MS,
      ...common,
      ...(proxyFor && { network: { proxyFor } }),
    });
    try {
      await http.fetchBytes({ url: 'api/v1/health/live', signal: context.signal }, 64 * 1_024);
      return `${proxy} answers`;
    } finally {
      await http.close();
    }
  });
}

/** A folder that is not there yet is made where its parent lets us. */
async function examineFolder(what: string, folder: string): Promise<Finding> {
  for (let at = folder; ; at = dirname(at)) {
    const fault = await access(at, constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    if (fault === undefined) return { what, verdict: 'ok', detail: folder };
    if (fault !== 'ENOENT' || at === dirname(at)) {
      return { what, verdict: 'fault', detail: `${at} may not be written to (${fault}); see its permissions.` };
    }
  }
}

async function describeLock({ projectFolder }: Settings): Promise<string> {
  const lock = await readLock(projectFolder);
  return lock === undefined ? `none in ${projectFolder}` : countOf(lock.size, 'extension');
}

async function describeInstalled({ root }: Settings): Promise<string> {
  const all = await listInstalled(root);
  const broken = all.filter(({ current }) => current === undefined).map(({ id }) => id);
  if (broken.length > 0) throw new Error(`${broken.join(', ')} has no current version; install it again.`);
  return `${countOf(all.length, 'extension')}; extension verify checks their files`;
}
