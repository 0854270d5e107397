import { strict as assert } from 'node:assert';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { pathToFileURL } from 'node:url';
import { createGzip } from 'node:zlib';
import type { Digest } from '../../indexer/model/digest.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { runProgram } from '../real/run-program.ts';
import type { BenchOptions, BenchResult, Ratio } from './bench.ts';
import { serveSite } from './client-server.ts';
import { alternate, median, medianRatio } from './median.ts';
import { publishExtensions, sharedBenchSite } from './published-site.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, 'dist', 'cli', 'main.js');
const EXTENSIONS = { short: 300, long: 10_000 };
const ROUNDS = { short: 1, long: 15 };
const MIB = 1024 * 1024;
const ASSET_BYTES = { short: 20 * MIB, long: 500 * MIB };
/** How often it is installed: when garbage is collected is chance. */
const INSTALLS = 3;
/** How much more memory an install may take than telling the version. */
const GROWTH_MB = 100;
/** How many times as long as `node -e 0` each may take. */
const BOUNDS = { '--version': 1.6, '--help': 1.6, 'list --offline': 4, list: 4 } as const;

/** The client as `npm run build` makes it, beside node's own start. Nothing is pinned. */
export async function benchClient({ short, folder, say }: BenchOptions): Promise<BenchResult> {
  const [size, rounds] = short ? [EXTENSIONS.short, ROUNDS.short] : [EXTENSIONS.long, ROUNDS.long];
  say('building the programs');
  await runProgram(execPath, [join(ROOT, 'deploy', 'build.ts')]);
  say(`publishing ${size} extensions`);
  const site = await sharedBenchSite(join(folder, '..'), size);
  const starts = await timeStarts(site.folder, { folder, rounds, size, say });
  const install = await measureInstall(folder, short ? ASSET_BYTES.short : ASSET_BYTES.long, say);
  const growthMb = install.installPeakMb - install.versionPeakMb;
  return {
    title: 'The client: its start, its memory and its requests',
    columns: ['program', 'ms', 'times node -e 0', 'peak RSS MB', 'requests'],
    rows: [
      ...starts.rows,
      ['--version', '', '', Math.round(install.versionPeakMb), 0],
      [`install of ${install.sizeMb} MB`, '', '', Math.round(install.installPeakMb), ''],
      ['outdated, nothing new', '', '', '', install.outdatedRequests.length],
    ],
    ratios: [
      ...starts.ratios,
      {
        name: `${GROWTH_MB} MB / the growth by an install of ${install.sizeMb} MB`,
        value: GROWTH_MB / Math.max(1, growthMb),
        bound: 1,
      },
    ],
  };
}

interface StartOptions {
  folder: string;
  rounds: number;
  size: number;
  say: BenchOptions['say'];
}

async function timeStarts(site: string, { folder, rounds, size, say }: StartOptions) {
  const server = await serveSite(site);
  const variables = { ...env, EXTENSION_REGISTRY_URL: server.url, EXTENSION_REGISTRY_CACHE: join(folder, 'cache') };
  const run = (args: readonly string[]): Promise<string> => runProgram(execPath, args, { cwd: folder, env: variables });
  const time = async (args: readonly string[]): Promise<number> => {
    const start = performance.now();
    await run(args);
    return performance.now() - start;
  };
  try {
    const listed = await run([PROGRAM, 'list']);
    assert.equal(listed.split('\n').length, size + 2, 'a line for each extension, the titles and the last line break');
    assert.equal(await run([PROGRAM, 'list', '--offline']), listed, 'offline it lists the same');
    say('starting it');
    const commands = ['--version', '--help', 'list --offline', 'list'];
    const contestants = commands.map((each) => [each, () => time([PROGRAM, ...each.split(' ')])] as const);
    server.takeRequests();
    const times = await alternate(rounds, { node: () => time(['-e', '0']), ...Object.fromEntries(contestants) });
    const conditional = new Set(server.takeRequests());
    assert.deepEqual([...conditional], ['GET /api/v1/index.json: 304'], 'a warm list is one conditional request');
    const { node } = times;
    const ratioOf = (name: string): number => medianRatio(times[name as 'node'], node);
    const bounded = Object.entries(BOUNDS).map(([name, bound]): Ratio => ({
      name: `${bound} × node -e 0 / extension ${name}`,
      value: bound / ratioOf(name),
      bound: 1,
      ...(name.startsWith('list') && {
        note: `${size} extensions, all of them kept${name === 'list' ? ', and one conditional request' : ''}`,
      }),
    }));
    const rows = ['node', ...commands].map((name) => [
      name === 'node' ? 'node -e 0' : name === 'list' ? 'list, one conditional request' : name,
      median(times[name as 'node']),
      ratioOf(name),
      '',
      name === 'list' ? 1 : 0,
    ]);
    return { rows, ratios: bounded };
  } finally {
    await server.close();
  }
}

async function measureInstall(folder: string, bytes: number, say: BenchOptions['say']) {
  say(`making an archive of ${bytes / MIB} MB`);
  const name = 'big-1.0.0.tar.gz';
  const file = join(folder, name);
  const { digest, size } = await writeArchive(file, bytes);
  const { assets, ...version } = catalogueVersion('1.0.0');
  const big = assets.map((each) => ({ ...each, name, size, digest, primary: true as const }));
  const at = join(folder, 'big');
  await publishExtensions(at, [catalogueExtension('provider/big', [{ ...version, assets: big }])]);
  const server = await serveSite(at, { path: '/api/v1/extensions/provider/big/1.0.0/', file });
  const home = join(folder, 'home');
  await mkdir(home);
  const peak = join(folder, 'peak.txt');
  const recorder = pathToFileURL(join(import.meta.dirname, 'record-peak.ts')).href;
  const place = { EXTENSION_REGISTRY_URL: server.url, EXTENSION_REGISTRY_CACHE: join(home, 'cache') };
  const run = (...args: string[]): Promise<string> =>
    runProgram(execPath, ['--import', recorder, PROGRAM, ...args], {
      cwd: home,
      env: { ...env, ...place, RECORD_PEAK: peak },
    });
  const peakOf = async (...args: string[]): Promise<number> => {
    await run(...args);
    return (Number(await readFile(peak, 'utf8')) * 1_024) / 1_000_000;
  };
  try {
    say('installing it');
    const versionPeakMb = await peakOf('--version');
    const peaks: number[] = [];
    for (let round = 0; round < INSTALLS; round += 1) {
      await Promise.all(
        ['cache', '.provisioning'].map((each) => rm(join(home, each), { recursive: true, force: true })),
      );
      peaks.push(await peakOf('install', 'provider/big'));
    }
    const installPeakMb = median(peaks);
    assert.match(await run('verify'), /^provider\/big 1\.0\.0: ok, 1 file$/m);
    await run('outdated');
    server.takeRequests();
    assert.equal(await run('outdated'), 'It is the newest.\n');
    const outdatedRequests = server.takeRequests();
    assert.deepEqual(outdatedRequests, ['GET /api/v1/index.json: 304'], 'a warm outdated is one conditional request');
    return { versionPeakMb, installPeakMb, outdatedRequests, sizeMb: Math.round(bytes / MIB) };
  } finally {
    await server.close();
  }
}

/** A tar.gz with one file of bytes that do not compress, written as it is made. */
async function writeArchive(file: string, bytes: number): Promise<{ digest: Digest; size: number }> {
  const hash = createHash('sha256');
  const gzip = createGzip({ level: 0 });
  const out = createWriteStream(file);
  let size = 0;
  gzip.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    size += chunk.length;
  });
  gzip.pipe(out);
  gzip.write(tarHeader('big/data', bytes));
  const block = randomFillSync(Buffer.allocUnsafe(MIB));
  for (let written = 0; written < bytes; written += MIB) {
    block.writeUInt32BE(written / MIB);
    if (!gzip.write(Buffer.from(block))) await once(gzip, 'drain');
  }
  gzip.end(Buffer.alloc(1_024));
  await once(out, 'close');
  return { digest: `sha256:${hash.digest('hex')}` as Digest, size };
}

/** POSIX.1-2017, pax, "ustar Interchange Format". */
function tarHeader(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, each) => total + each, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
