import { env } from 'node:process';
import { provideDebian } from '../tools/debian.ts';

const BROTLI = '/usr/lib/nginx/modules/ngx_http_brotli_static_module.so';

/** The peer and the load, from Debian. */
export interface BenchPrograms {
  nginx: string;
  wrk: string;
  /** nginx's module that serves `.br` files. */
  brotliModule: string;
  /** The whole environment for them. */
  env: Record<string, string>;
}

let provided: Promise<BenchPrograms> | undefined;

/** Fetched at most once in a run. @throws Error with the remedy */
export function provideBenchPrograms(report: (line: string) => void = () => undefined): Promise<BenchPrograms> {
  provided ??= provide(report);
  return provided;
}

async function provide(report: (line: string) => void): Promise<BenchPrograms> {
  const wish = {
    packages: ['nginx', 'wrk', 'libnginx-mod-http-brotli-static'],
    programs: ['nginx', 'wrk'],
    files: [BROTLI],
  };
  const { paths, env: more } = await provideDebian(wish, { report });
  const { nginx = '', wrk = '', [BROTLI]: brotliModule = '' } = paths;
  return { nginx, wrk, brotliModule, env: { PATH: env['PATH'] ?? '', ...more } };
}
