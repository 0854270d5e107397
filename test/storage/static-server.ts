import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { onTestFinished } from 'vitest';

export interface StaticServer {
  /** Without a slash at its end. */
  url: string;
  /** The paths that were asked for. */
  asked: string[];
  /** Every further request gets this status and no file. */
  refuse(status: number): void;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** A plain file server, as a CDN or nginx is for a published site; it goes with the test. */
export async function serveFolder(folder: string): Promise<StaticServer> {
  const asked: string[] = [];
  let refusal: number | undefined;
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    asked.push(path);
    if (refusal !== undefined) {
      response.writeHead(refusal).end();
      return;
    }
    readFile(join(folder, normalize(path))).then(
      (bytes) => response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/json' }).end(bytes),
      () => response.writeHead(404).end('Not found.\n'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, refuse: (status) => (refusal = status) };
}
