import type { SourceConfig } from '../model/source-config.ts';
import { createGiteaSource } from './gitea/source.ts';
import { createOciSource } from './oci/source.ts';
import type { Source, SourceDependencies } from './source.ts';

export function createSource(config: SourceConfig, dependencies: SourceDependencies): Source {
  switch (config.kind) {
    case 'gitea':
      return createGiteaSource(config, dependencies);
    case 'oci':
      return createOciSource(config, dependencies);
  }
}
