import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const AT_REGISTRY = 10;
/** Of each extension, at most. */
const VERSIONS = 3;

export interface WorldOptions {
  /** Extensions at Gitea; each is three documents, and so many of them change each time. */
  extensions: number;
  /** Where the site is published; a folder of its own without it. */
  site?: string;
  /** More of the configuration, TOML. */
  more?: string;
}

/** @param random 0 (inclusive) to 1 (exclusive) */
export async function startChangingWorld(random: () => number, options: WorldOptions): Promise<ChangingWorld> {
  const world = await startWorld();
  const { extensions: atGitea, site = world.config.site.path, more = '' } = options;
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
  for (let number = 0; number < atGitea; number += 1) create();
  for (let number = 0; number < AT_REGISTRY; number += 1)
    world.push(`o${number}-cluster`, '1.0.0', { 'a.zip': `${number}` });

  const configFile = join(world.config.site.path, 'registry.toml');
  const root = join(site, 'api', 'v1');
  await mkdir(root, { recursive: true });
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
      path = ${JSON.stringify(site)}
      keep_generations = 2
      [indexer]
      concurrency = 16
      max_loss_percent = 100
      ${more}
    `,
  );
  return {
    configFile,
    root,
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
      while (versions.size < atGitea) create();
    },
  };
}
