import type { HttpResponse } from '../../indexer/http/exchange.ts';
import { parseRetryAfterMs } from '../../indexer/http/status.ts';
import { RegistryError, type ErrorCode } from '../../indexer/model/errors.ts';
import { clipLine } from '../../indexer/model/text.ts';

/** What the proxy's statuses mean to who downloads; its own sentence says the rest. */
const CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['auth', 'wants a credential, or refuses the one it was given; pass --token-file'],
  403: ['auth', 'does not let this credential have it; ask who runs the registry'],
  404: ['not_found', 'has no such file; the proxy may be of another site than the one that was asked'],
  409: ['digest_mismatch', 'has no backend with the right bytes; ask the publisher of the extension'],
  410: ['not_found', 'says that it is gone'],
  416: ['unreachable', 'has less than was downloaded before; try again'],
  429: ['rate_limit', 'asks us to slow down; try again later'],
  500: ['bad_answer', 'failed within; tell who runs the registry'],
  502: ['unreachable', 'cannot reach its backend; try again later'],
  503: ['rate_limit', 'is overloaded or cannot reach its backend; try again later'],
  504: ['timeout', 'had no answer of its backend in time; try again later'],
};

export const PROXY_REFUSALS: readonly number[] = Object.keys(CODES).map(Number);

const MAX_BODY_BYTES = 64 * 1024;

/** The refusal as an error, with what the proxy says of it (`{"error", "message"}`); consumes the body. */
export async function proxyError(response: HttpResponse, subject: string): Promise<RegistryError> {
  const { status, headers } = response;
  const [code, sentence] = CODES[status] ?? ['bad_answer', 'answered something unexpected'];
  const said = clipLine((await readMessage(response)) ?? '', 500).text;
  const retryAfterMs = parseRetryAfterMs([headers['retry-after']].flat()[0]);
  return new RegistryError(code, `${subject} ${sentence} (HTTP ${status}).${said === '' ? '' : ` It says: ${said}`}`, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Nothing where the body is of another form, or does not come. */
async function readMessage({ body }: HttpResponse): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
    const { message } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  } finally {
    body.destroy();
  }
}
