import { gzipSync } from 'node:zlib';
import { isRequestFor, type LoggedRequest, type Reply, type ReplyHeaders } from './replies.ts';

/** What a server can be told to do instead of, or to, its right answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: ReplyHeaders; readonly body?: string }
  /** Answers rightly, but only when `until` settles, or after `delayMs`. */
  | { readonly kind: 'delay'; readonly until: Promise<unknown> }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Breaks the connection before the status line. */
  | { readonly kind: 'reset' }
  /** Does what it was asked, and breaks the connection instead of saying so. */
  | { readonly kind: 'unanswered' }
  /** Announces the whole Content-Length, sends `afterBytes` of the body, and breaks the connection. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Sends `afterBytes` of the body, then the rest when `until` settles (without it: never). */
  | { readonly kind: 'pause'; readonly afterBytes: number; readonly until?: Promise<unknown> }
  /** The right body with one byte flipped (the middle one unless `at` says another). */
  | { readonly kind: 'wrongBytes'; readonly at?: number }
  /** 200 and an HTML page, as a captive portal or a login page. */
  | { readonly kind: 'garbage'; readonly body?: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  /** 200 and a body that ends only when the client leaves. */
  | { readonly kind: 'endless'; readonly contentType?: string }
  /** The right body with `Content-Encoding: gzip`, whatever the client accepts. */
  | { readonly kind: 'gzip' }
  /** The right JSON, changed. */
  | { readonly kind: 'replaceJson'; readonly replace: (body: unknown) => unknown };

export interface Misbehaviour {
  /** A pattern is matched against `METHOD /path` (no query). */
  readonly match: RegExp | ((request: LoggedRequest) => boolean);
  /** How many requests it spoils; without it, all. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface FaultRule extends Misbehaviour {
  /** How many requests it has spoiled so far. */
  hits: number;
}

export interface Faults {
  add(misbehaviour: Misbehaviour): FaultRule;
  /** The fault that the oldest fitting rule with turns left has for this request; counts as one turn. */
  take(request: LoggedRequest): Fault | undefined;
  heal(): void;
}

export function createFaults(): Faults {
  const rules: FaultRule[] = [];
  return {
    add(misbehaviour) {
      const rule = { ...misbehaviour, hits: 0 };
      rules.push(rule);
      return rule;
    },
    take(request) {
      const rule = rules.find((each) => each.hits < (each.times ?? Infinity) && isMatch(each, request));
      if (rule) rule.hits += 1;
      return rule?.fault;
    },
    heal() {
      rules.length = 0;
    },
  };
}

function isMatch({ match }: Misbehaviour, request: LoggedRequest): boolean {
  return match instanceof RegExp ? isRequestFor(request, match) : match(request);
}

/** The whole answer where the fault stands in front of the server; undefined where the server itself is asked. */
export function replyInstead(fault: Fault): Reply | undefined {
  switch (fault.kind) {
    case 'status':
      return {
        status: fault.status,
        headers: { 'Content-Type': 'text/plain', ...fault.headers },
        body: Buffer.from(fault.body ?? ''),
      };
    case 'garbage':
      return {
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        body: Buffer.from(fault.body ?? '<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>\n'),
      };
    case 'redirect':
      return { status: fault.status, headers: { Location: fault.location }, body: Buffer.alloc(0) };
    case 'delay':
    case 'hang':
    case 'reset':
    case 'unanswered':
    case 'truncate':
    case 'pause':
    case 'wrongBytes':
    case 'endless':
    case 'gzip':
    case 'replaceJson':
      return undefined;
  }
}

/** The server's right answer, spoiled where the fault is about its body. */
export function spoilReply(fault: Fault, reply: Reply): Reply {
  const body = Buffer.from(reply.body ?? Buffer.alloc(0));
  const lengthFree = Object.fromEntries(
    Object.entries(reply.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-length'),
  );
  if (fault.kind === 'wrongBytes' && body.length > 0) {
    const at = fault.at ?? Math.floor(body.length / 2);
    body.writeUInt8(body.readUInt8(at) ^ 0xff, at);
    return { ...reply, body };
  }
  if (fault.kind === 'gzip') {
    return { ...reply, headers: { ...lengthFree, 'Content-Encoding': 'gzip' }, body: gzipSync(body) };
  }
  if (fault.kind === 'replaceJson') {
    const replaced: unknown = fault.replace(JSON.parse(body.toString()));
    return { ...reply, headers: lengthFree, body: Buffer.from(JSON.stringify(replaced)) };
  }
  return reply;
}
