import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../real/run-program.ts';
import { machineCores } from './machine.ts';
import { startNginx, startProxy, type BenchServer } from './servers.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** One file of the only release. */
export interface BenchAsset {
  name: string;
  sizeBytes: number;
  uuid: string;
  /** Hexadecimal digits: of the whole, and of all but the first byte. */
  sha256: string;
  restSha256: string;
}

export type AssetName = 'huge' | 'large' | 'middle' | 'small';

export interface DownloadsWorld {
  assets: Record<AssetName, BenchAsset>;
  /** A Gitea as far as we ask it, all of it files behind nginx: several GB/s. */
  backend: BenchServer;
  /** nginx before the same backend, with its default buffers. */
  peer: BenchServer;
  /** The published site's folder. */
  site: string;
  /** TOML, for a proxy. */
  config: string;
  stop(): Promise<void>;
}

export const backendPath = ({ uuid }: BenchAsset): string => `/attachments/${uuid}`;
export const proxyPath = ({ name }: BenchAsset): string => `/api/v1/extensions/taskserv/bench/1.0.0/${name}`;

/** @param sizes in bytes */
export async function startDownloadsWorld(
  folder: string,
  sizes: Readonly<Record<AssetName, number>>,
): Promise<DownloadsWorld> {
  const assets = await writeAssets(join(folder, 'backend'), sizes);
  await writeApi(join(folder, 'backend'), Object.values(assets));
  const backend = await startBackend(folder);
  try {
    const { site, config } = await crawl(folder, backend);
    const peer = await startPeer(folder, backend);
    const stop = async (): Promise<void> => void (await Promise.all([backend.stop(), peer.stop()]));
    return { assets, backend, peer, site, config, stop };
  } catch (error) {
    await backend.stop();
    throw error;
  }
}

/** The product's own crawl, which computes the digests that are checked later. */
async function crawl(folder: string, backend: BenchServer): Promise<{ site: string; config: string }> {
  const site = join(folder, 'site');
  const config = `[gitea]\nurl = "${backend.url}"\norganization = "acme"\n`;
  const configFile = join(folder, 'indexer.toml');
  await writeFile(configFile, `[site]\npath = ${JSON.stringify(site)}\n${config}`);
  await runProgram(process.execPath, [join(ROOT, 'indexer', 'main.ts'), '--config', configFile]);
  return { site, config };
}

export function startDownloadsProxy({ site, config }: DownloadsWorld, folder: string): Promise<BenchServer> {
  return startProxy({ folder, core: machineCores().server, site, config });
}

async function writeAssets(
  root: string,
  sizes: Readonly<Record<AssetName, number>>,
): Promise<Record<AssetName, BenchAsset>> {
  const assets: Partial<Record<AssetName, BenchAsset>> = {};
  for (const [name, sizeBytes] of Object.entries(sizes) as [AssetName, number][]) {
    const uuid = `00000000-0000-4000-8000-${String(sizeBytes).padStart(12, '0')}`;
    const digests = await writeAsset(join(root, 'attachments', uuid), name, sizeBytes);
    assets[name] = { name: `${name}.tar.gz`, sizeBytes, uuid, ...digests };
  }
  return assets as Record<AssetName, BenchAsset>;
}

const BLOCK_BYTES = 1024 * 1024;

/** No two blocks are the same, so that one sent twice or in another's place is noticed. */
async function writeAsset(file: string, seed: string, sizeBytes: number) {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'w');
  const [whole, rest] = [createHash('sha256'), createHash('sha256')];
  const block = createHash('shake256', { outputLength: BLOCK_BYTES }).update(seed).digest();
  for (let at = 0; at < sizeBytes; at += BLOCK_BYTES) {
    block.writeDoubleBE(at);
    const bytes = block.subarray(0, sizeBytes - at);
    whole.update(bytes);
    rest.update(at === 0 ? bytes.subarray(1) : bytes);
    await handle.write(bytes);
  }
  await handle.close();
  return { sha256: whole.digest('hex'), restSha256: rest.digest('hex') };
}

/** What a crawl asks of Gitea for one repository with one release. */
async function writeApi(root: string, assets: readonly BenchAsset[]): Promise<void> {
  const write = async (path: string, value: unknown): Promise<void> => {
    const file = join(root, 'api', 'v1', `${path}.json`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(value));
  };
  const time = '2026-06-01T12:00:00Z';
  const files = assets.map(({ name, sizeBytes, uuid }) => ({ name, size: sizeBytes, uuid }));
  await write('version', { version: '1.24.0' });
  await write('orgs/acme', { name: 'acme', username: 'acme' });
  await write('orgs/acme/repos', [{ id: 1, name: 'bench_taskserv', full_name: 'acme/bench_taskserv' }]);
  await write('repos/acme/bench_taskserv/releases', [
    { id: 1, tag_name: '1.0.0', created_at: time, published_at: time, assets: files },
  ]);
}

async function startBackend(folder: string): Promise<BenchServer> {
  const own = join(folder, 'backend');
  return startNginx({
    folder: own,
    core: machineCores().load,
    http: `types {}
    default_type application/octet-stream;
    keepalive_requests 1000000;
    keepalive_timeout 600s;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;`,
    server: `root ${own};
    location /api/ { default_type application/json; add_header X-Total-Count 1; try_files $uri.json =404; }`,
    readyPath: '/api/v1/version',
  });
}

/** Connections to the backend are kept, as ours are; everything else is as nginx comes. */
async function startPeer(folder: string, backend: BenchServer): Promise<BenchServer> {
  const own = join(folder, 'peer');
  await mkdir(own);
  return startNginx({
    folder: own,
    core: machineCores().server,
    http: `keepalive_requests 1000000;
    upstream backend { server ${new URL(backend.url).host}; keepalive 64; keepalive_requests 1000000; }`,
    server: `location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }`,
    readyPath: '/api/v1/version',
  });
}
