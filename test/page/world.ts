import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { PolicyRule } from '../../indexer/model/policy.ts';
import { configOf, giteaConfig, ociConfig, runIndexer } from '../builders.ts';
import { startDemoWorld, type DemoWorld } from '../demo/world.ts';
import { startProxy, type AtEnd, type Proxy } from '../proxy/world.ts';

/*
 * What `npm start` shows, with a policy, served by the proxy: one for all tests of a file.
 */

export interface PageWorld extends Proxy {
  config: Config;
  demo: DemoWorld;
}

const POLICY: readonly PolicyRule[] = [
  {
    action: 'yank',
    target: { text: 'provider/aws@1.1.0', id: parseExtensionId('provider/aws'), range: '1.1.0' },
    reason: 'It deletes volumes that it does not own.',
  },
  {
    action: 'deprecate',
    target: { text: 'taskserv/coredns', id: parseExtensionId('taskserv/coredns') },
    message: 'Cilium answers names itself now.',
    replacement: parseExtensionId('taskserv/cilium'),
  },
];

export async function startPageWorld(atEnd: AtEnd): Promise<PageWorld> {
  const demo = await startDemoWorld();
  atEnd(() => demo.close());
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-page-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const sources = [
    giteaConfig(demo.giteaUrl, { organization: demo.organization }),
    ociConfig(demo.registryUrl, { namespace: demo.namespace, keywordsAnnotation: demo.keywordsAnnotation }),
  ];
  const config = { ...configOf(folder, sources), policy: [...POLICY] };
  await runIndexer(config);
  return { config, demo, ...(await startProxy(config, { atEnd })) };
}

export function sharedPageWorld(): () => PageWorld {
  const closers: (() => Promise<unknown>)[] = [];
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld((close) => void closers.push(close));
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });
  return () => world;
}
