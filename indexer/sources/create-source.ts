import type { SourceConfig } from '../config/config.ts';
import type { RetryPolicy } from '../http/retry.ts';
import type { ExtensionTypes } from '../model/extension.ts';
import { createGiteaSource } from './gitea/source.ts';
import { createOciSource } from './oci/source.ts';
import type { Source } from './source.ts';

export interface SourceDependencies {
  types: ExtensionTypes;
  /** Requests at once. */
  concurrency: number;
  /** 0 (inclusive) to 1 (exclusive): the jitter of pauses. */
  random: () => number;
  /** Milliseconds since 1970: how long a token still lives. */
  now: () => number;
  retry?: RetryPolicy;
}

export function createSource(config: SourceConfig, dependencies: SourceDependencies): Source {
  switch (config.kind) {
    case 'gitea':
      return createGiteaSource(config, dependencies);
    case 'oci':
      return createOciSource(config, dependencies);
  }
}
