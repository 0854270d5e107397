import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { findFreePort, startServer, type RunningServer } from '../real/server-process.ts';
import { pinned } from './machine.ts';
import { provideBenchPrograms } from './programs.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface BenchServer extends RunningServer {
  /** Without a slash at its end. */
  url: string;
}

export interface NginxOptions {
  /** Logs and temporary files; one for each nginx. */
  folder: string;
  core: number | readonly number[];
  /** Directives of the `http` block beside the server; may be empty. */
  http?: string;
  /** Directives of the only `server` block, but for `listen`; it must answer `readyPath`. */
  server: string;
  /** A path that answers 200. */
  readyPath: string;
}

/** One worker, nothing logged, open files kept open: nginx as fast as its own means make it. */
export async function startNginx({ folder, core, http = '', server, readyPath }: NginxOptions): Promise<BenchServer> {
  const { nginx, brotliModule, env: programEnv } = await provideBenchPrograms();
  const port = await findFreePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, renderNginx({ brotliModule, folder, port, http, server }));
  const command = pinned(core, nginx, ['-p', folder, '-c', config, '-e', join(folder, 'nginx-error.log')]);
  const url = `http://127.0.0.1:${port}`;
  const running = await startServer({
    ...command,
    cwd: folder,
    env: programEnv,
    logFile: join(folder, 'nginx-error.log'),
    readyUrl: `${url}${readyPath}`,
  });
  return { ...running, url };
}

interface NginxParts {
  brotliModule: string;
  folder: string;
  port: number;
  http: string;
  server: string;
}

function renderNginx({ brotliModule, folder, port, http, server }: NginxParts): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
load_module ${brotliModule};
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid nginx.pid;
error_log nginx-error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  ${temporary.map((each) => `${each}_temp_path ${join(folder, `temporary-${each}`)};`).join('\n  ')}
  ${http}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`;
}

export interface ProxyOptions {
  folder: string;
  core: number | readonly number[];
  /** The published site's folder, the one above `api/v1`. */
  site: string;
  /** TOML: everything but `[server] host` and `port`, and `[site]`; a `[server]` table of its own must not be in it. */
  config: string;
  /** More lines of `[server]`. */
  server?: string;
  logLevel?: string;
  /** `warn` logs nothing of requests, as nginx does with `access_log off`. */
  logFile?: string;
  readyPath?: string;
  /** The sources' own entry without it. */
  program?: string;
}

/** The real program, as an administrator starts it. */
export async function startProxy(options: ProxyOptions): Promise<BenchServer> {
  const { folder, core, site, logLevel = 'warn', readyPath = '/api/v1/health/ready' } = options;
  const port = await findFreePort();
  const config = join(folder, `proxy-${port}.toml`);
  const server = `[server]\nhost = "127.0.0.1"\nport = ${port}\n${options.server ?? ''}\n`;
  await writeFile(config, `${server}[site]\npath = ${JSON.stringify(site)}\n${options.config}`);
  const { program = join(ROOT, 'proxy', 'main.ts') } = options;
  const args = [program, '--config', config, '--log-level', logLevel, '--grace-seconds', '0'];
  const url = `http://127.0.0.1:${port}`;
  const running = await startServer({
    ...pinned(core, process.execPath, args),
    cwd: folder,
    env: { PATH: env['PATH'] ?? '' },
    logFile: options.logFile ?? join(folder, `proxy-${port}.log`),
    readyUrl: `${url}${readyPath}`,
  });
  return { ...running, url };
}
