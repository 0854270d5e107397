import type { FastifyInstance } from 'fastify';

export interface ShutdownOptions {
  /** How long running answers may still take. */
  graceMs: number;
}

/**
 * Stops accepting connections, lets what is running end within the grace period, and breaks the rest. Resolves when the
 * last connection is closed. That readiness is false and replies say `Connection: close` meanwhile is the app's own doing.
 */
export async function shutDown(app: FastifyInstance, { graceMs }: ShutdownOptions): Promise<void> {
  const force = setTimeout(() => {
    app.log.warn({ event: 'shutdown_forced' }, 'the grace period is over: what is still running is broken off');
    app.server.closeAllConnections();
  }, graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(force);
  }
}
