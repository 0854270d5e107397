import { randomUUID } from 'node:crypto';
import type { GenerationsDocument } from '../indexer/model/documents.ts';
import { rollBackSite, type RolledBack } from '../indexer/rollback.ts';
import { createFolderStorage } from '../indexer/storage/folder.ts';
import type { SiteStorage } from '../indexer/storage/storage.ts';
import { NOON, v1Of } from './builders.ts';
import { HOUR, smallWorld, type World } from './crawl/world.ts';

export const LATER = NOON + 50 * HOUR;

export function storageOf(config: World['config']): SiteStorage {
  return createFolderStorage({ root: v1Of(config), now: () => LATER, temporaryName: randomUUID });
}

export function rollBack(
  config: World['config'],
  generation?: number,
  storage = storageOf(config),
): Promise<RolledBack> {
  return rollBackSite(generation, { storage, keepGenerations: config.site.keepGenerations, now: () => LATER });
}

/** Generations 1 to 3: aws at 1.1.0, at 2.0.0, and at 3.0.0 without redis. */
export async function threeGenerations(): Promise<World> {
  const world = await smallWorld();
  await world.run();
  world.release('aws_prov', { '2.0.0': { 'aws_prov.tar.gz': 'two' } });
  await world.run();
  world.release('aws_prov', { '3.0.0': { 'aws_prov.tar.gz': 'three' } });
  world.gitea.removeRepository('acme', 'redis_taskserv');
  world.oci.removeRepository('acme/redis-taskserv');
  await world.run();
  return world;
}

export const shownOf = async (world: World): Promise<string[]> =>
  (await world.items()).map(({ type, name, version }) => `${type}/${name}@${version}`);
export const GEN_1 = ['cluster/k8s@0.1.0-rc.1', 'provider/aws@1.1.0+build.5', 'taskserv/redis@7.2.0'];
export const GEN_2 = ['cluster/k8s@0.1.0-rc.1', 'provider/aws@2.0.0', 'taskserv/redis@7.2.0'];
export const GEN_3 = ['cluster/k8s@0.1.0-rc.1', 'provider/aws@3.0.0'];

export const listed = async (world: World): Promise<number[]> =>
  (await world.read<GenerationsDocument>('generations')).generations.map((each) => each.generation);
