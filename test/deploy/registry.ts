import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../indexer/config/config.ts';
import { BUILT_IN_TYPES } from '../../indexer/model/extension.ts';
import { configOf, giteaConfig, ociConfig, runIndexer, v1Of } from '../builders.ts';
import { startBackends, startProxy, type AtEnd, type Proxy } from '../proxy/world.ts';

export interface Registry {
  config: Config;
  v1: string;
  gitea: Awaited<ReturnType<typeof startBackends>>['gitea'];
  proxy: Proxy;
}

/** Backends, a published site and the proxy over it, with a type of extension that only `[types]` knows. */
export async function startRegistry(atEnd: AtEnd): Promise<Registry> {
  const { gitea, oci } = await startBackends(atEnd);
  gitea.addRepository('acme', { name: 'deploy_workflow', description: 'Deploys' });
  gitea.addRelease('acme', 'deploy_workflow', {
    tag: '1.0.0',
    assets: [{ name: 'deploy_workflow.tar.gz', content: 'a workflow' }],
  });
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const types = new Map([...BUILT_IN_TYPES, ['workflow', { gitea: '_workflow', oci: '-workflow' }] as const]);
  const config = { ...configOf(folder, [giteaConfig(gitea.url), ociConfig(oci.url)]), types };
  await runIndexer(config);
  return { config, v1: v1Of(config), gitea, proxy: await startProxy(config, { atEnd }) };
}
