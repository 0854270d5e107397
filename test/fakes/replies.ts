import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';

export type Origin = `${'http' | 'https'}://${string}`;

/** One request as it came in; it stays in the log, and `status` and `outcome` are filled in as it is answered. */
export interface LoggedRequest {
  readonly method: string;
  /** As sent: percent-encoding kept, with the query. */
  readonly target: string;
  /** The same without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly authorization: string | undefined;
  /** Only where the server reads bodies. */
  readonly body?: Buffer;
  /** Undefined until (and unless) a status line was sent. */
  status: number | undefined;
  /** `broken`: the connection ended before the whole reply had been handed over, whoever ended it. */
  outcome: 'open' | 'complete' | 'broken';
}

export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface Reply {
  readonly status: number;
  readonly headers?: ReplyHeaders;
  readonly body?: Uint8Array;
  /** Sent without a Content-Length, as Go's net/http does for a body whose length the handler did not announce. */
  readonly chunked?: boolean;
  /** The real server answers so, but no client of ours has a reason to ask: recorded in `unexpected`. */
  readonly unexpected?: boolean;
}

/** Go announces the length of a body that fits its 2 KiB buffer, and sends a longer one in chunks. */
const GO_BUFFER_BYTES = 2048;

export function textReply(status: number, text: string, headers: ReplyHeaders = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', ...headers },
    body: Buffer.from(text),
  };
}

export function jsonReply(status: number, value: unknown, headers: ReplyHeaders = {}): Reply {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
    chunked: body.length > GO_BUFFER_BYTES,
  };
}

/** As Go's http.Redirect answers a GET. */
export function redirectReply(status: number, location: string, headers: ReplyHeaders = {}): Reply {
  return {
    status,
    headers: { Location: location, 'Content-Type': 'text/html; charset=utf-8', ...headers },
    body: Buffer.from(`<a href="${location.replaceAll('&', '&amp;')}">${STATUS_CODES[status]}</a>.\n\n`),
  };
}

export function isRequestFor(request: LoggedRequest, pattern: RegExp): boolean {
  return pattern.test(`${request.method} ${request.path}`);
}

export type Authorization =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'token' | 'bearer'; readonly secret: string }
  | { readonly scheme: 'other' };

/** RFC 9110 section 11.6.2; the scheme's case does not matter. */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) return { scheme: 'none' };
  const [, scheme = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'token':
      return { scheme: 'token', secret: rest };
    case 'bearer':
      return { scheme: 'bearer', secret: rest };
    case 'basic': {
      const pair = Buffer.from(rest, 'base64').toString();
      const colon = pair.indexOf(':');
      if (colon === -1) return { scheme: 'other' };
      return { scheme: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
    }
    default:
      return { scheme: 'other' };
  }
}
