import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Digest } from '../../../indexer/model/digest.ts';
import { publishExtensions } from '../../bench/published-site.ts';
import { temporaryFolder } from '../../builders.ts';
import { catalogueExtension, catalogueVersion } from '../../crawl/releases.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PROGRAM = join(ROOT, 'cli', 'main.ts');
const RECORDER = pathToFileURL(join(ROOT, 'test', 'bench', 'record-peak.ts')).href;
const MIB = 1024 * 1024;
const BODY_BYTES = 200 * MIB;
const GROWTH_MB = 100;

function* body(pieceBytes: number): Generator<Buffer> {
  const block = Buffer.alloc(pieceBytes, 'x');
  for (let sent = 0; sent < BODY_BYTES; sent += block.length) {
    // Each piece is another, or nobody would see one in the place of another.
    const piece = Buffer.from(block.subarray(0, Math.min(block.length, BODY_BYTES - sent)));
    piece.writeUInt32BE(sent);
    yield piece;
  }
}

function digestOfBody(pieceBytes: number): Digest {
  const hash = createHash('sha256');
  for (const piece of body(pieceBytes)) hash.update(piece);
  return `sha256:${hash.digest('hex')}` as Digest;
}

/** The site of one large asset in a folder, and a proxy that sends it as fast as it can. */
async function startLarge(
  pieceBytes: number,
  headers: Record<string, number>,
): Promise<{ site: string; proxy: string }> {
  const folder = await temporaryFolder();
  const { assets, ...version } = catalogueVersion('1.0.0');
  const about = { name: 'big.bin', size: BODY_BYTES, digest: digestOfBody(pieceBytes), primary: true as const };
  const big = assets.map((each) => ({ ...each, ...about }));
  await publishExtensions(folder, [catalogueExtension('provider/big', [{ ...version, assets: big }])]);
  const server: Server = createServer((_, response) => {
    response.writeHead(200, headers);
    Readable.from(body(pieceBytes)).pipe(response);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { site: join(folder, 'api', 'v1'), proxy: `http://127.0.0.1:${port}` };
}

async function peakMbOf(folder: string, args: readonly string[]): Promise<number> {
  const peak = join(folder, 'peak');
  await promisify(execFile)(execPath, ['--import', RECORDER, PROGRAM, ...args], {
    cwd: folder,
    env: { ...env, EXTENSION_REGISTRY_CACHE: join(folder, 'cache'), RECORD_PEAK: peak },
  });
  return (Number(await readFile(peak, 'utf8')) * 1_024) / 1_000_000;
}

describe('extension install', () => {
  test.each([
    ['without a length, in small chunks', 1_000, {}],
    ['without a length, in large chunks', 64 * 1_024, {}],
    ['with its length', MIB, { 'content-length': BODY_BYTES }],
  ])('takes no more memory for a fast body %s, and gets it right', async (_, pieceBytes, headers) => {
    const { site, proxy } = await startLarge(pieceBytes, headers);
    const folder = await temporaryFolder();
    const told = await peakMbOf(folder, ['--version']);
    const installed = await peakMbOf(folder, ['install', 'provider/big', '--site', site, '--proxy', proxy]);
    expect(installed - told).toBeLessThan(GROWTH_MB);
  });
});
