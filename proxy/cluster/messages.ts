import type { Config, SourceConfig } from '../../indexer/config/config.ts';
import type { ErrorCode } from '../../indexer/model/errors.ts';
import type { AllCounts, Counts } from '../counts.ts';

/*
 * What the primary and its workers say to each other. Node sends it as JSON.
 *
 *   worker                        primary
 *   hello                    ->
 *                            <-   start          its number and the configuration
 *   failed                   ->                  why it cannot serve
 *   counts                   ->                  every few seconds, and at its end
 *   collect                  ->                  it was asked for the counts of all
 *                            <-   tell           to every worker
 *   counts                   ->                  from every worker that can
 *                            <-   collected
 */

/** Set for our own workers only: process managers start programs as workers of theirs, which would wait for a primary that is none. */
export const WORKER_VARIABLE = 'EXTENSION_REGISTRY_WORKER';

export type ToPrimary =
  | { kind: 'hello' }
  | { kind: 'failed'; message: string; code?: ErrorCode }
  /** @param ask what it answers; of its own accord without it */
  | { kind: 'counts'; counts: Counts; ask?: number }
  | { kind: 'collect'; ask: number };

export type ToWorker =
  | { kind: 'start'; worker: number; config: SentConfig }
  | { kind: 'tell'; ask: number }
  | { kind: 'collected'; ask: number; all: AllCounts };

/** The configuration as JSON can hold it. */
export interface SentConfig extends Omit<Config, 'types' | 'sources' | 'notify'> {
  types: [string, { gitea: string; oci: string }][];
  sources: SentSource[];
}

type SentSource = {
  [Kind in SourceConfig as Kind['kind']]: Omit<Kind, 'base'> & { base: string };
}[SourceConfig['kind']];

/**
 * Workers are given the configuration instead of the file, which may have been edited since: one that is replaced must
 * serve as the others do. Whom the indexer tells, and by which secret, is nothing to them.
 */
export function configToWire({ notify: _notify, ...config }: Config): SentConfig {
  const sources = config.sources.map((each): SentSource => ({ ...each, base: each.base.href }));
  return { ...config, types: [...config.types], sources };
}

export function configFromWire(sent: SentConfig): Config {
  const sources = sent.sources.map((each): SourceConfig => ({ ...each, base: new URL(each.base) }));
  return { ...sent, types: new Map(sent.types), sources };
}
