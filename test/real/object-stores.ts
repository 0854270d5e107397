import { AwsClient } from 'aws4fetch';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreConnection } from '../../indexer/model/object-store.ts';
import { providePython } from '../tools/python.ts';
import { findFreePort, startServer, type RunningServer, type ServerOptions } from './server-process.ts';
import { provideTools } from './tools.ts';

/** A real object store with one bucket. */
export interface RealStore {
  connection: StoreConnection;
  bucket: string;
  server: RunningServer;
  /** Signed as the indexer's own requests are. */
  ask: (method: string, path: string, init?: RequestInit) => Promise<Response>;
  remove: () => Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'akid', secretAccessKey: 'secret12' };
const REGION = 'us-east-1';
const BUCKET = 'registry';

export async function startMinio(): Promise<RealStore> {
  const { minio } = await provideTools();
  return startStore(({ folder, port }) => ({
    program: minio,
    args: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(folder, 'data')],
    env: {
      HOME: folder,
      MINIO_ROOT_USER: CREDENTIALS.accessKeyId,
      MINIO_ROOT_PASSWORD: CREDENTIALS.secretAccessKey,
      MINIO_UPDATE: 'off',
      MINIO_BROWSER: 'off',
      MINIO_CI_CD: '1',
    },
    ready: 'minio/health/ready',
  }));
}

export async function startMoto(): Promise<RealStore> {
  const requirements = join(import.meta.dirname, 'moto', 'requirements.txt');
  const { python, programOf } = await providePython({ name: 'moto-5.2.5', requirements });
  return startStore(({ folder, port }) => ({
    program: python,
    args: [programOf('moto_server'), '-H', '127.0.0.1', '-p', String(port)],
    env: { HOME: folder, AWS_DEFAULT_REGION: REGION },
    ready: 'moto-api/',
  }));
}

interface Start extends Pick<ServerOptions, 'program' | 'args' | 'env'> {
  /** What answers 200 once it is ready. */
  ready: string;
}

async function startStore(how: (at: { folder: string; port: number }) => Start): Promise<RealStore> {
  const folder = await mkdtemp(join(tmpdir(), 'object-store-'));
  const port = await findFreePort();
  const { ready, ...start } = how({ folder, port });
  const url = `http://127.0.0.1:${port}/`;
  const logFile = join(folder, 'server.log');
  const server = await startServer({ ...start, cwd: folder, logFile, readyUrl: url + ready });
  const client = new AwsClient({ ...CREDENTIALS, region: REGION, service: 's3' });
  const ask: RealStore['ask'] = (method, path, init) => client.fetch(`${url}${BUCKET}${path}`, { ...init, method });
  const { status } = await ask('PUT', '');
  if (status !== 200) throw new Error(`${start.program} makes no bucket (HTTP ${status}); see ${logFile}.`);
  return {
    connection: {
      endpoint: url,
      region: REGION,
      pathStyle: true,
      credentials: CREDENTIALS,
      timeoutMs: 10_000,
    },
    bucket: BUCKET,
    server,
    ask,
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
