import { Agent, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

export interface WireAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Of the whole answer as it was on the wire: status line, fields and body. */
  wireBytes: number;
}

/** One request at a kept-alive connection, nothing decoded. */
export async function askOnce(url: string, headers: OutgoingHttpHeaders, agent?: Agent): Promise<WireAnswer> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, ...(agent && { agent }) }, resolve)
      .on('error', reject)
      .end();
  });
  const body = await buffer(incoming);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body,
    wireBytes: headOf(incoming) + body.length,
  };
}

function headOf({ httpVersion, statusCode, statusMessage = '', rawHeaders }: IncomingMessage): number {
  const line = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`;
  // Each field's name is followed by `: `, each value by CR LF, and all of them by an empty line.
  return line.length + rawHeaders.reduce((sum, each) => sum + Buffer.byteLength(each, 'latin1') + 2, 0) + 2;
}

/** The body as it was before its content coding. */
export function decoded({ headers, body }: WireAnswer): Buffer {
  const coding = headers['content-encoding'];
  if (coding === undefined) return body;
  if (coding === 'gzip') return gunzipSync(body);
  if (coding === 'br') return brotliDecompressSync(body);
  throw new Error(`There is an answer with the content coding ${coding}, which nobody asked for.`);
}

/** Runs `work` for each item, 16 at a time over kept-alive connections. */
export async function throughAgent<T, R>(
  items: readonly T[],
  work: (item: T, agent: Agent) => Promise<R>,
): Promise<R[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item, agent);
  };
  try {
    await Promise.all(Array.from({ length: 16 }, worker));
  } finally {
    agent.destroy();
  }
  return results;
}
