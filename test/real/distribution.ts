import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from './clients.ts';
import { runProgram } from './run-program.ts';
import { findFreePort, startServer } from './server-process.ts';
import { startTokenIssuer } from './token-issuer.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { provideTools } from './tools.ts';

export interface DistributionOptions {
  /** `open`: everybody may do everything; `htpasswd`: Basic; `token`: Bearer with an issuer of its own. */
  auth: 'open' | 'htpasswd' | 'token';
}

export interface RealDistribution {
  /** Without a slash at the end. */
  url: string;
  /** `host:port`, as OCI clients want it. */
  registry: string;
  /** May push, pull, delete and read the catalog; of no use where `auth` is `open`. */
  pusher: Credentials;
  /** May pull and read the catalog with `token`; the same as the pusher with `htpasswd`, which knows no permissions. */
  reader: Credentials;
  /** Only with `auth: 'token'`. */
  issuer: TokenIssuer | undefined;
  logFile: string;
  /** Ends the server and keeps its data. */
  stop: () => Promise<void>;
  restart: () => Promise<void>;
  /** Ends the server and deletes its folder. */
  remove: () => Promise<void>;
}

const ACCOUNTS = {
  pusher: { username: 'pusher', password: 'push-password', actions: ['pull', 'push', 'delete', '*'] },
  reader: { username: 'reader', password: 'read-password', actions: ['pull', '*'] },
};
const TOKEN_NAMES = { service: 'test-registry', issuer: 'test-issuer' };

/** Starts a CNCF distribution registry on the loopback with an empty storage. */
export async function startDistribution({ auth }: DistributionOptions): Promise<RealDistribution> {
  const { registry: program } = await provideTools();
  const folder = await mkdtemp(join(tmpdir(), 'distribution-'));
  const issuer =
    auth === 'token' ? await startTokenIssuer({ ...TOKEN_NAMES, accounts: Object.values(ACCOUNTS) }) : undefined;
  const port = await findFreePort();
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: 'data' }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
    auth: await configureAuth(auth, folder, issuer),
  };
  // JSON is YAML too.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config, null, 2));

  // By name, like its issuer: crane refuses a token service at a loopback address, oras one whose host is not the registry's.
  const registry = `localhost:${port}`;
  const url = `http://${registry}`;
  const logFile = join(folder, 'registry.log');
  const server = await startServer({
    program,
    args: ['serve', 'config.yml'],
    cwd: folder,
    env: { HOME: folder, OTEL_TRACES_EXPORTER: 'none' },
    logFile,
    readyUrl: `${url}/v2/`,
  });
  return {
    url,
    registry,
    pusher: ACCOUNTS.pusher,
    reader: ACCOUNTS.reader,
    issuer,
    logFile,
    stop: server.stop,
    restart: server.restart,
    remove: async () => {
      await server.stop();
      await issuer?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes the files that this kind of authentication needs, and gives its part of the configuration. */
async function configureAuth(
  auth: DistributionOptions['auth'],
  folder: string,
  issuer: TokenIssuer | undefined,
): Promise<object> {
  if (issuer !== undefined) {
    await writeFile(join(folder, 'jwks.json'), JSON.stringify(issuer.jwks));
    return { token: { ...TOKEN_NAMES, realm: issuer.realm, jwks: 'jwks.json', signingalgorithms: ['ES256'] } };
  }
  if (auth === 'open') return {};
  const { htpasswd } = await provideTools();
  const lines = Object.values(ACCOUNTS).map(({ username, password }) => runProgram(htpasswd, [username, password]));
  await writeFile(join(folder, 'htpasswd'), (await Promise.all(lines)).join(''));
  return { htpasswd: { realm: 'test', path: 'htpasswd' } };
}
