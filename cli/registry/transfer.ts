import { Writable, type WritableOptions } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import type { HttpClient } from '../../indexer/http/client.ts';
import type { HttpRequest, HttpResponse } from '../../indexer/http/exchange.ts';
import { networkError } from '../../indexer/http/network-error.ts';
import { giveBack, giveBackRead } from '../../indexer/http/read-buffers.ts';
import { retryDelayMs, type RetryPolicy } from '../../indexer/http/retry.ts';
import type { Digest } from '../../indexer/model/digest.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { PartialFile } from './partial-file.ts';
import { PROXY_REFUSALS, proxyError } from './proxy-error.ts';

/** One asset at a proxy. */
export interface Transfer {
  http: HttpClient;
  url: URL;
  fields: Pick<HttpRequest, 'authorize' | 'headers'>;
  /** Without it nothing can be resumed. */
  digest: Digest | undefined;
  sizeBytes: number;
  /** What messages call it. */
  subject: string;
}

export interface Patience {
  signal: AbortSignal;
  retry: RetryPolicy;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  onBytes: (receivedBytes: number) => void;
}

/** However often it goes on for a little, it is never worth more tries. */
const MAX_TRIES = 50;
/** Two of `LARGE_READS`. */
const READ_AHEAD_BYTES = 1024 * 1024;

/**
 * Fills the file up to the asset's size. A connection that breaks is made again and goes on where it broke (RFC 9110,
 * section 14, with If-Range); as many tries in a row as bring nothing end it, and so does any other answer.
 * @throws RegistryError `digest_mismatch` for a body of another length, network errors, `storage`; the signal's reason
 */
export async function receive(transfer: Transfer, file: PartialFile, patience: Patience): Promise<void> {
  const { signal, retry, random } = patience;
  let fruitless = 0;
  for (let tries = 1; file.receivedBytes < transfer.sizeBytes || transfer.sizeBytes === 0; tries += 1) {
    const before = file.receivedBytes;
    try {
      await receiveOnce(transfer, file, patience);
      return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      fruitless = file.receivedBytes > before ? 1 : fruitless + 1;
      const delayMs = tries < MAX_TRIES ? retryDelayMs(error, fruitless, { policy: retry, random, signal }) : undefined;
      if (delayMs === undefined) throw error;
      await delay(delayMs, undefined, { signal }).catch(() => {
        throw signal.reason;
      });
    }
  }
}

async function receiveOnce(transfer: Transfer, file: PartialFile, { signal, onBytes }: Patience): Promise<void> {
  const { http, url, fields, digest, sizeBytes } = transfer;
  if (digest === undefined) await file.reset();
  const range = digest === undefined || file.receivedBytes === 0 ? {} : rangeFrom(file.receivedBytes, digest);
  const response = await http.open(
    {
      ...fields,
      url,
      signal,
      headers: { ...fields.headers, ...range },
      statuses: [200, 206, ...PROXY_REFUSALS],
      // What a digest is checked against may come from any storage that the proxy leads to.
      foreignRedirects: digest !== undefined,
    },
    1,
  );
  if (response.status === 200) await file.reset();
  else if (response.status !== 206) throw await refusal(response, transfer, file);
  try {
    checkLengths(response, transfer, file.receivedBytes);
    await drain(response, { file, transfer, onBytes });
  } catch (error) {
    throw networkError(error, transfer.subject);
  } finally {
    response.body.destroy();
  }
  if (file.receivedBytes < sizeBytes) {
    throw new RegistryError(
      'unreachable',
      `${transfer.subject} ended after ${file.receivedBytes} of ${sizeBytes} bytes; try again.`,
    );
  }
}

function rangeFrom(offset: number, digest: Digest): Record<string, string> {
  // The proxy's ETag is the digest.
  return { range: `bytes=${offset}-`, 'if-range': `"${digest}"` };
}

async function refusal(response: HttpResponse, transfer: Transfer, file: PartialFile): Promise<RegistryError> {
  // What there is of it is no part of what the server has.
  if (response.status === 416) await file.reset();
  return proxyError(response, transfer.subject);
}

/** What a header says is known before a byte has come. */
function checkLengths({ status, headers }: HttpResponse, { sizeBytes, subject }: Transfer, offset: number): void {
  const [range] = [headers['content-range']].flat();
  if (status === 206 && !isRange(range, offset, sizeBytes)) {
    throw new RegistryError(
      'bad_answer',
      `${subject} answers another range (${range ?? 'none'}) than the one asked for; see what is in front of the proxy.`,
    );
  }
  const [length] = [headers['content-length']].flat();
  if (length !== undefined && Number(length) !== sizeBytes - offset) {
    throw wrongLength(subject, `announces ${Number(length) + offset} bytes, other`, sizeBytes);
  }
}

/** RFC 9110, section 14.4 */
function isRange(field: string | undefined, offset: number, sizeBytes: number): boolean {
  return [`bytes ${offset}-${sizeBytes - 1}/${sizeBytes}`, `bytes ${offset}-${sizeBytes - 1}/*`].includes(field ?? '');
}

interface Drain {
  file: PartialFile;
  transfer: Transfer;
  onBytes: (receivedBytes: number) => void;
}

/**
 * Without backpressure until as much has come as two reads bring, and then until all of it is written: undici reads on
 * each time that it is let on for a chunk, and a body without a length has many chunks a read. Taken one by one, 150 MB
 * of a fast server's body would wait between its socket and us.
 */
async function drain({ body }: HttpResponse, { file, transfer, onBytes }: Drain): Promise<void> {
  /** Of which there may be more to come. */
  let before: ArrayBufferLike | undefined;
  const take = callbackify(async (chunk: Buffer): Promise<void> => {
    if (file.receivedBytes + chunk.length > transfer.sizeBytes) {
      throw wrongLength(transfer.subject, 'sends more', transfer.sizeBytes);
    }
    await file.append(chunk);
    // What comes is in its order, and nobody else's: with the next read, the one before is done with.
    if (before !== undefined && before !== chunk.buffer) giveBackRead(before);
    before = giveBack(chunk) ? undefined : chunk.buffer;
    onBytes(file.receivedBytes);
  });
  /** Ends when no chunk is being written any more. */
  let writing: Promise<void> = Promise.resolve();
  const write: WritableOptions['write'] = (chunk: Buffer, _, done) => {
    writing = new Promise((ended) => {
      take(chunk, (error) => {
        ended();
        done(error);
      });
    });
  };
  try {
    await pipeline(body, new Writable({ highWaterMark: READ_AHEAD_BYTES, write }));
  } finally {
    // A body that breaks off is not waited for by the pipeline; how much of it there is, is known only then.
    await writing;
  }
}

function wrongLength(subject: string, what: string, sizeBytes: number): RegistryError {
  return new RegistryError(
    'digest_mismatch',
    `${subject} ${what} than the ${sizeBytes} bytes that the site names: it is another file, and nothing of it is kept. See whether the proxy belongs to this site.`,
  );
}
