import type { IncomingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';

/*
 * One GET with what node has of its own, which is there in 10 ms; the HTTP client takes 60, and a command that is
 * answered from what is kept asks for nothing but the pointer. It understands the two usual answers only: whatever else
 * comes, or does not, is left to the HTTP client, which asks again and knows of redirects, retries and what to say.
 */

export interface LightRequest {
  headers: Readonly<Record<string, string>>;
  lookup: LookupFunction | undefined;
  signal: AbortSignal;
  maxBytes: number;
}

export interface LightAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Left out where the answer is not of the usual ones. */
  bytes?: Buffer;
}

/** @throws system errors; the signal's reason */
export async function askLightly(url: URL, request: LightRequest): Promise<LightAnswer> {
  const { headers, lookup, signal, maxBytes } = request;
  const { get } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const options: RequestOptions = {
    agent: false,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'extension-registry', ...headers },
    signal,
    rejectUnauthorized: true,
    ...(lookup && { lookup }),
  };
  return new Promise((resolve, reject) => {
    const asked = get(url, options, (response) => {
      const { statusCode: status = 0, headers: fields } = response;
      const end = (bytes?: Buffer): void => {
        resolve({ status, headers: fields, ...(bytes && { bytes }) });
        asked.destroy();
      };
      const isUsual = (status === 200 || status === 304) && fields['content-encoding'] === undefined;
      if (!isUsual) return end();
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) end();
      });
      response.on('end', () => end(Buffer.concat(chunks)));
    });
    asked.on('error', reject);
  });
}
