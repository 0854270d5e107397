import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDocument } from '../../proxy/document.ts';
import { OF_BODIES } from '../../proxy/representation.ts';
import { askOnce, throughAgent } from './check-answers.ts';
import { machineCores } from './machine.ts';
import type { PublishedSite } from './published-site.ts';
import type { ReadCase } from './reads-cases.ts';
import { startNginx, startProxy, type BenchServer } from './servers.ts';

export interface ReadServer extends BenchServer {
  /** The URL's path of a document. */
  pathOf: (path: string) => string;
}

/** All documents stay in memory; no source is ever asked. */
export const READS_CONFIG = `
[cache]
capacity = 100000
[gitea]
url = "http://127.0.0.1:9"
organization = "acme"
`;

type Fields = Readonly<Record<string, string | string[] | undefined>>;

interface Parts {
  folder: string;
  site: PublishedSite;
  cases: readonly ReadCase[];
}

/** nginx, the proxy, and the proxy that logs each request to nowhere; all on one core, so only one is asked at a time. */
export async function startReadServers({ folder, site, cases }: Parts): Promise<Record<string, ReadServer>> {
  const core = machineCores().server;
  const common = { folder, core, site: site.folder, config: READS_CONFIG };
  const pathOf = (path: string): string => `/api/v1/${path}`;
  const proxy = await startProxy(common);
  const logging = await startProxy({ ...common, logLevel: 'info', logFile: '/dev/null' });
  const [first = ''] = cases[0]?.paths ?? [];
  const { headers } = await askOnce(`${proxy.url}${pathOf(first)}`, {});
  const root = join(folder, 'nginx-root');
  await layOut(root, { site, cases });
  const nginx = await startNginx({
    folder,
    core,
    http: renderHttp(cases, headers),
    server: renderServer(root, headers),
    readyPath: fileUrl(first),
  });
  return {
    nginx: { ...nginx, pathOf: fileUrl },
    proxy: { ...proxy, pathOf },
    'proxy, info log': { ...logging, pathOf },
  };
}

/** The literal name of the file: nginx has nothing to try. */
function fileUrl(path: string): string {
  return `/api/v1/${path}/index.json`;
}

function renderHttp(cases: readonly ReadCase[], headers: Fields): string {
  const files = 2 * Math.max(...cases.map((each) => each.paths.length));
  // At nginx's default of the system's soft limit, a full cache of open files answers 500 for ever.
  return `
    types {}
    default_type "application/json; charset=utf-8";
    open_file_cache max=${files} inactive=1h;
    open_file_cache_valid 1h;
    open_file_cache_min_uses 1;
    open_file_cache_errors on;
    ${[...OF_BODIES].map((name) => `map $status ${variableOf(name)} { 304 ""; default "${String(headers[name] ?? '')}"; }`).join('\n    ')}`;
}

/** nginx leaves out a field whose value is empty. */
function variableOf(name: string): string {
  return `$${name.replaceAll('-', '_')}_of_body`;
}

/** The same fields as the proxy's, so that both say as much, also in a 304; nginx's own ETag. */
function renderServer(root: string, headers: Fields): string {
  const same = /^(?:cache-control|vary|access-control-.*|cross-origin-.*|x-content-type-options)$/;
  const fields = Object.entries(headers)
    .filter(([name]) => same.test(name))
    .map(([name, value]) => [name, OF_BODIES.has(name) ? variableOf(name) : String(value)] as const);
  return `
    root ${root};
    gzip_static on;
    brotli_static on;
    ${fields.map(([name, value]) => `add_header ${name} "${value}";`).join('\n    ')}`;
}

/** The published files under nginx's root, each with the codings that the cases ask for, as the proxy makes them. */
async function layOut(root: string, { site, cases }: Omit<Parts, 'folder'>): Promise<void> {
  const codings = new Map<string, Set<'gzip' | 'br'>>();
  for (const { paths, acceptEncoding } of cases) {
    for (const path of paths) {
      const known = codings.get(path) ?? new Set();
      codings.set(path, acceptEncoding === undefined ? known : known.add(acceptEncoding));
    }
  }
  await throughAgent([...codings], async ([path, wanted]) => {
    const source = join(site.folder, 'api', 'v1', path, 'index.json');
    const target = join(root, fileUrl(path));
    await mkdir(dirname(target), { recursive: true });
    await link(source, target);
    const document = createDocument(await readFile(source));
    for (const coding of wanted) {
      await writeFile(`${target}.${coding === 'gzip' ? 'gz' : 'br'}`, await document.encoded(coding));
    }
  });
}
