/*
 * What a client may take of us, and for how long. Nothing of the kind is left to a default: fastify sets limits only on
 * a server that it has made itself, and node's are for servers in general.
 */

const SECOND_MS = 1_000;

/** Fields of node's HTTP server. */
export const SERVER_LIMITS = {
  /** A connection on which nothing moves, such as a download that nobody reads on. */
  connectionTimeout: 60 * SECOND_MS,
  /** Spreads long-lived clients over new instances behind a load balancer. */
  maxRequestsPerSocket: 1_000,
  maxConnections: 2_000,
} as const;

/** Options of node's HTTP server. */
export const HTTP_LIMITS = {
  /** A whole request: we take no bodies, so this is its header. */
  requestTimeout: 30 * SECOND_MS,
  /** Longer than the usual 60 s of a load balancer: who closes first must be the one that sends the next request. */
  keepAliveTimeout: 65 * SECOND_MS,
  headersTimeout: 15 * SECOND_MS,
  /** Every how long the two timeouts of a request are looked at; node's 30 s would double them. */
  connectionsCheckingInterval: 5 * SECOND_MS,
  maxHeaderSize: 16 * 1_024,
  /** Looked at by us: node's own refusal has no body. */
  requireHostHeader: false,
  /** We read no bodies, so an empty request needs no stream that ends. */
  optimizeEmptyRequests: true,
} as const;

/** Bodies are refused before they are read; this is for what slips past. */
export const MAX_BODY_BYTES = 1_024;
/** An asset's name has at most 200 bytes, a version 128 characters. */
export const MAX_PARAM_LENGTH = 256;
/** For answers that may wait for a backend, but are no download. */
export const OPERATIONS_TIMEOUT_MS = 5 * SECOND_MS;
/** What a health check waits for one backend; less than the time above, so that the others' answers get out. */
export const BACKEND_CHECK_TIMEOUT_MS = 2 * SECOND_MS;

/** What downloads may take: each holds a connection to a backend, and up to 1 MiB. */
export interface DownloadLimits {
  /** Under way at once; one more is told to come back. */
  maxDownloads: number;
  /** What must reach the client in each window; a download that is slower holds its place for nobody's use. */
  minWindowBytes: number;
  windowMs: number;
  /** How long a client waits for the first byte, over all locations. */
  firstByteMs: number;
}

/**
 * Not per client: behind a load balancer all clients have one address, and forwarded addresses are believed from nobody.
 * What one client may take is for whatever stands in front.
 */
export const DOWNLOAD_LIMITS: DownloadLimits = {
  maxDownloads: 256,
  /** 1 KiB/s over a minute: less than any modem. */
  minWindowBytes: 60 * 1_024,
  windowMs: 60 * SECOND_MS,
  /** Less than `connectionTimeout`, which would close the connection without a word. */
  firstByteMs: 50 * SECOND_MS,
};
