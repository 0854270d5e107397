const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The first signal to stop; a second one of either ends the process as if nobody listened. */
export function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of SIGNALS) process.off(each, stop);
      resolve(signal);
    };
    for (const each of SIGNALS) process.on(each, stop);
  });
}

/**
 * The first signal to stop, for a worker: a terminal or a service manager signals it and its primary, which then does so
 * too, and the second of these must not break off what still runs. Whoever is in a hurry ends the primary: no worker
 * outlives it.
 */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const each of SIGNALS) process.on(each, resolve);
  });
}
