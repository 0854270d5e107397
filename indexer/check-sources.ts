import type { Config } from './config/config.ts';
import type { Network } from './http/network.ts';
import { messageOf } from './model/errors.ts';
import { createSource } from './sources/create-source.ts';

export interface SourceCheck {
  name: string;
  kind: string;
  /** What is wrong; missing when the backend answers and shows us what we ask for. */
  fault?: string;
}

export interface CheckDependencies {
  now: () => number;
  random: () => number;
  network?: Network;
}

/** Asks every backend, all at once, whether it answers and lets us in. */
export function checkSources(config: Config, dependencies: CheckDependencies): Promise<SourceCheck[]> {
  return Promise.all(
    config.sources.map(async (each): Promise<SourceCheck> => {
      const source = createSource(each, { types: config.types, concurrency: 2, ...dependencies });
      try {
        await source.checkHealth(AbortSignal.timeout(each.timeoutMs));
        return { name: each.name, kind: each.kind };
      } catch (error) {
        return { name: each.name, kind: each.kind, fault: messageOf(error) };
      } finally {
        await source.close();
      }
    }),
  );
}
