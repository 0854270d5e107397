import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { runProgram } from '../real/run-program.ts';
import { findFreePort, startServer, type RunningServer } from '../real/server-process.ts';
import { provideDebian } from '../tools/debian.ts';

/*
 * The web servers of Debian with the files of deploy/ as they are, but for the three things that every operator changes
 * as well: where to listen, the site's folder and the proxies.
 */

export const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const BROTLI = '/usr/lib/nginx/modules/ngx_http_brotli_static_module.so';

export interface WebServer extends RunningServer {
  /** Without a slash at its end. */
  url: string;
}

export interface WebServerOptions {
  /** Where the server may write. */
  folder: string;
  /** `[site] path`. */
  site: string;
  /** `host:port` of two proxies, or of one twice. */
  proxies: readonly [string, string];
  /** To be served over TLS as well, at a port of the loopback; paths of PEM files. */
  tls?: { port: number; certificate: string; key: string };
}

export async function startNginx({ folder, site, proxies, tls }: WebServerOptions): Promise<WebServer> {
  const wish = { packages: ['nginx', 'libnginx-mod-http-brotli-static'], programs: ['nginx'], files: [BROTLI] };
  const { paths, env: more } = await provideDebian(wish);
  const port = await findFreePort();
  await mkdir(folder, { recursive: true });
  const config = await readFile(join(DEPLOY, 'nginx', 'extension-registry.conf'), 'utf8');
  await writeFile(
    join(folder, 'extension-registry.conf'),
    replaceAll(config, [
      ['    listen 80;\n', `    listen 127.0.0.1:${port};\n    brotli_static on;\n`],
      ['    listen [::]:80;\n', ''],
      ['/srv/extension-registry/site', site],
      ...withProxies(proxies),
      ...(tls === undefined ? [] : withTls(tls)),
    ]),
  );
  const headers = 'extension-registry-headers.conf';
  await copyFile(join(DEPLOY, 'nginx', headers), join(folder, headers));
  await writeFile(join(folder, 'nginx.conf'), renderMain(folder, paths[BROTLI] ?? ''));
  return start({
    program: paths['nginx'] ?? '',
    args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
    env: more,
    folder,
    port,
  });
}

/** What Debian's own nginx.conf does, in a folder of ours. */
function renderMain(folder: string, brotliModule: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
load_module ${brotliModule};
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
daemon off;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')} warn;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  types { text/html html; text/css css; application/javascript js; application/json json; }
  ${temporary.map((each) => `${each}_temp_path ${join(folder, each)};`).join('\n  ')}
  include extension-registry.conf;
}
`;
}

export async function startCaddy({ folder, site, proxies }: WebServerOptions): Promise<WebServer> {
  const { paths, env: more } = await provideDebian({ packages: ['caddy'], programs: ['caddy'] });
  const port = await findFreePort();
  await mkdir(folder, { recursive: true });
  const config = await readFile(join(DEPLOY, 'caddy', 'Caddyfile'), 'utf8');
  await writeFile(
    join(folder, 'Caddyfile'),
    // Its port for orders is one for the whole machine.
    `{\n\tadmin off\n}\n${replaceAll(config, [
      [':80 {', `http://127.0.0.1:${port} {`],
      ['/srv/extension-registry/site', site],
      ...withProxies(proxies),
    ])}`,
  );
  return start({
    program: paths['caddy'] ?? '',
    args: ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    env: { ...more, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    folder,
    port,
  });
}

interface Start {
  program: string;
  args: string[];
  env: Record<string, string>;
  folder: string;
  port: number;
}

async function start({ program, args, env: more, folder, port }: Start): Promise<WebServer> {
  const url = `http://127.0.0.1:${port}`;
  const running = await startServer({
    program,
    args,
    cwd: folder,
    env: { PATH: env['PATH'] ?? '', ...more },
    logFile: join(folder, 'server.log'),
    readyUrl: `${url}/api/v1/index.json`,
  });
  return { ...running, url };
}

function withProxies([one, other]: readonly [string, string]): [string, string][] {
  return [
    ['127.0.0.1:8082', one],
    ['127.0.0.1:8083', other],
  ];
}

/** The lines that an operator takes the comment sign from. */
function withTls({ port, certificate, key }: NonNullable<WebServerOptions['tls']>): [string, string][] {
  return [
    ['#   listen 443 ssl; listen [::]:443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['#   ssl_certificate ', 'ssl_certificate '],
    ['/etc/ssl/registry.pem', certificate],
    ['/etc/ssl/registry.key', key],
  ];
}

/** What `caddy validate` says of the file for a name, which comes with a certificate. */
export async function validateCaddy(folder: string): Promise<string> {
  const { paths, env: more } = await provideDebian({ packages: ['caddy'], programs: ['caddy'] });
  const config = await readFile(join(DEPLOY, 'caddy', 'Caddyfile'), 'utf8');
  const file = join(folder, 'Caddyfile');
  await writeFile(file, replaceAll(config, [[':80 {', 'registry.example.org {']]));
  const args = ['validate', '--config', file, '--adapter', 'caddyfile'];
  const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return runProgram(paths['caddy'] ?? '', args, { cwd: folder, env: { PATH: env['PATH'] ?? '', ...more, ...home } });
}

/** @throws Error for a text that is not there: the file has changed, and what is tested would not be what it says */
function replaceAll(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`${JSON.stringify(from)} is not in the configuration any more.`);
    return before.replaceAll(from, to);
  }, text);
}
