import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A site as any web server has it, and the one file that its proxy would send; every request is written down. */
export interface ClientServer {
  /** Of the site's `v1`. */
  url: string;
  /** `GET path: status` of all since the last call. */
  takeRequests(): string[];
  close(): Promise<void>;
}

async function answer(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
  const isKnown = request.headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : 200, { etag }).end(isKnown ? undefined : bytes);
}

/** @param folder `[site] path` @param download what is sent for this path and those below it */
export async function serveSite(folder: string, download?: { path: string; file: string }): Promise<ClientServer> {
  let requests: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    response.once('close', () => requests.push(`${request.method} ${path}: ${response.statusCode}`));
    if (download !== undefined && path.startsWith(download.path)) {
      // As the proxy sends it.
      response.writeHead(200, { 'content-length': statSync(download.file).size });
      createReadStream(download.file).pipe(response);
      return;
    }
    void answer(join(folder, path), request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    takeRequests: () => {
      const taken = requests;
      requests = [];
      return taken;
    },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
