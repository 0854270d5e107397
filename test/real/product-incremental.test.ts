import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../indexer/config/config.ts';
import { configOf, giteaConfig, NOON, ociConfig, runIndexer } from '../builders.ts';
import { createClients } from './clients.ts';
import { startGitea, type RealGitea } from './gitea.ts';
import { pushRelease, readVersions } from './product-world.ts';
import { waitUntil } from './wait-until.ts';

// What crawls ask of a real Gitea, of its releases and of its packages, by Gitea's own count.

const REPOSITORIES = 60;
const IMAGES = ['one', 'two', 'three'];
const DAY = 86_400_000;

let gitea: RealGitea;
let folder: string;
let config: Config;

beforeAll(async () => {
  gitea = await startGitea();
  folder = await mkdtemp(join(tmpdir(), 'product-'));
  const { bot, admin, seed, registry } = gitea;
  const packages = ociConfig(gitea.url, { name: 'packages', username: 'bot', secret: bot.token });
  config = configOf(folder, [giteaConfig(gitea.url, { secret: bot.token }), packages]);
  await seed.createOrganization('acme');
  for (let number = 0; number < REPOSITORIES; number += 1) {
    const name = `n${number}_prov`;
    await seed.createRepository('acme', { name, description: name });
    await pushRelease(gitea, name, { tag: '1.0.0', assets: { [`${name}.tar.gz`]: name } });
  }
  const clients = await createClients(registry, { username: admin.username, password: admin.token });
  for (const name of IMAGES) {
    const files = [{ name: `${name}.tar.gz`, bytes: Buffer.from(name) }];
    const artifactType = 'application/vnd.example.extension';
    await clients.orasPush({ repository: `acme/${name}-taskserv`, tag: '1.0.0', artifactType, files });
  }
  await clients.remove();
});
afterAll(async () => {
  await gitea?.remove();
  await rm(folder, { recursive: true, force: true });
});

let marks = 0;

/** What Gitea says that it was asked by a run: method and path. */
async function askedBy(run: () => Promise<unknown>): Promise<string[]> {
  const before = await mark();
  await run();
  const lines = (await mark()).slice(before.length);
  return lines
    .filter((line) => !line.includes('/marks/'))
    .map((line) => /"((?:GET|HEAD) [^ ?]+)/.exec(line)?.[1] ?? line);
}

/** The lines up to a request of our own, which is there when all before it are. */
async function mark(): Promise<string[]> {
  const path = `/marks/${(marks += 1)}`;
  await (await fetch(gitea.url + path)).text();
  let text = '';
  await waitUntil('the line of a request', async () => {
    text = await readFile(gitea.accessLogFile, 'utf8').catch(() => '');
    return text.includes(`${path} `);
  });
  return text.trim().split('\n');
}

test('a crawl of an unchanged Gitea asks for its lists, and for what is its turn', async () => {
  await runIndexer(config, { now: () => NOON });
  // Within a day of the first, all is recent.
  const recent = await askedBy(() => runIndexer(config, { now: () => NOON + DAY / 2 }));
  expect(recent.filter((each) => each.endsWith('/releases'))).toHaveLength(REPOSITORIES);
  await runIndexer(config, { now: () => NOON + 2 * DAY });
  for (const day of [3, 4]) {
    const asked = await askedBy(() => runIndexer(config, { now: () => NOON + day * DAY }));
    const releases = asked.filter((each) => each.endsWith('/releases'));
    // A seventh of them has its turn each day.
    expect(Math.abs(releases.length - REPOSITORIES / 7)).toBeLessThan(1);
    expect(asked.filter((each) => each.includes('/attachments/'))).toEqual([]);
  }
  const asked = await askedBy(() => runIndexer(config, { now: () => NOON + 4 * DAY + 60_000 }));
  // 60 repositories are two pages, and Gitea links to a further page of any list of tags, which is then empty.
  const tags = IMAGES.flatMap((name) => Array<string>(2).fill(`GET /v2/acme/${name}-taskserv/tags/list`));
  const lists = ['GET /api/v1/orgs/acme/repos', 'GET /api/v1/orgs/acme/repos', 'GET /v2/_catalog', ...tags];
  // Who has no token yet asks how to get one, and for one.
  const others = asked.filter((each) => !['GET /v2', 'GET /v2/token'].includes(each));
  expect(others.toSorted()).toEqual(lists.toSorted());
});

test('a release that is published then is found by the next one, with a request for its repository alone', async () => {
  await pushRelease(gitea, 'n7_prov', { tag: '1.1.0', assets: { 'n7_prov.tar.gz': 'seven' } });
  const asked = await askedBy(() => runIndexer(config, { now: () => NOON + 4 * DAY + 120_000 }));
  expect(asked.filter((each) => each.endsWith('/releases'))).toEqual(['GET /api/v1/repos/acme/n7_prov/releases']);
  expect((await readVersions(config, 'provider/n7')).map((each) => each.version)).toEqual(['1.1.0', '1.0.0']);
});
