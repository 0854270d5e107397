import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v1Of } from '../builders.ts';
import { startWorld } from '../crawl/world.ts';

export interface ChangingWorld {
  configFile: string;
  /** The site's `v1`. */
  root: string;
  /** Extensions that there are. */
  readonly extensions: number;
  /** New versions of many extensions, old ones gone; extensions gone, and new ones. */
  change(): void;
}

/** Gitea's and the registry's: three documents each, and the time to kill a run that publishes them. */
const AT_GITEA = 130;
const AT_REGISTRY = 20;
/** Of each extension, at most. */
const VERSIONS = 3;

/** @param random 0 (inclusive) to 1 (exclusive) */
export async function startChangingWorld(random: () => number): Promise<ChangingWorld> {
  const world = await startWorld();
  const { gitea } = world;
  const versions = new Map<string, string[]>();
  const removed: string[] = [];
  let made = 0;
  let turn = 0;
  const release = (repository: string): void => {
    const tag = `1.${turn}.0`;
    gitea.addRelease('acme', repository, { tag, assets: [{ name: 'a.zip', content: `${repository} ${tag}` }] });
    versions.set(repository, [...(versions.get(repository) ?? []), tag]);
  };
  const remove = (repository: string): void => {
    gitea.removeRepository('acme', repository);
    versions.delete(repository);
    removed.push(repository);
  };
  const create = (): void => {
    // Some come back under the name that they had.
    const name = (random() < 0.3 ? removed.shift() : undefined) ?? `e${(made += 1)}_taskserv`;
    gitea.addRepository('acme', { name });
    release(name);
  };
  for (let number = 0; number < AT_GITEA; number += 1) create();
  for (let number = 0; number < AT_REGISTRY; number += 1)
    world.push(`o${number}-cluster`, '1.0.0', { 'a.zip': `${number}` });

  const configFile = join(world.config.site.path, 'registry.toml');
  await mkdir(v1Of(world.config), { recursive: true });
  await writeFile(
    configFile,
    `
      [gitea]
      url = "${world.gitea.url}"
      organization = "acme"
      [oci]
      registry = "${world.oci.url}"
      namespace = "acme"
      [site]
      path = ${JSON.stringify(world.config.site.path)}
      keep_generations = 2
      [indexer]
      concurrency = 16
      max_loss_percent = 100
    `,
  );
  return {
    configFile,
    root: v1Of(world.config),
    get extensions() {
      return versions.size + AT_REGISTRY;
    },
    change: () => {
      turn += 1;
      for (const [repository, tags] of versions) {
        const dice = random();
        if (dice < 0.05) remove(repository);
        else if (dice < 0.6) {
          release(repository);
          const [oldest] = tags;
          if (tags.length < VERSIONS || oldest === undefined) continue;
          gitea.removeRelease('acme', repository, oldest);
          versions.set(repository, [...tags.slice(1), `1.${turn}.0`]);
        }
      }
      while (versions.size < AT_GITEA) create();
    },
  };
}
