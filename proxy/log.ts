import { fastify, type FastifyBaseLogger } from 'fastify';

export interface LogOptions {
  /** pino's levels. */
  level: string;
  /** Standard output without it. */
  stream?: { write(line: string): void };
  /** Whose lines these are, where several processes write to the same output. */
  worker?: number;
}

/** No header of a request is ever logged; this is for an error that carries one. */
const REDACTED = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'].flatMap((each) => [
  `["${each}"]`,
  `*["${each}"]`,
  `*.headers["${each}"]`,
]);

/** As fastify takes it. */
export function loggerOptions(log: LogOptions | false) {
  if (log === false) return false;
  const { level, stream, worker } = log;
  return {
    level,
    redact: { paths: REDACTED, censor: '[redacted]' },
    ...(worker !== undefined && { formatters: { bindings: (bindings: object) => ({ ...bindings, worker }) } }),
    ...(stream !== undefined && { stream }),
  };
}

/** The log of a process that serves nothing itself: the same lines, without an app. */
export function createLog(log: LogOptions): FastifyBaseLogger {
  return fastify({ logger: loggerOptions(log) }).log;
}
