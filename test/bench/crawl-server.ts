import process from 'node:process';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { fillWorld, ORGANIZATION, type Expected, type WorldSize } from './crawl-world.ts';

/*
 * Both backends in a process of their own. Started with the size of the world as JSON; it tells where they are, and
 * whenever it is told anything, what they were asked since the last time.
 */

export interface ServedWorld {
  gitea: string;
  oci: string;
  expected: Expected;
}

export interface Asked {
  target: string;
  headers: Record<string, string>;
}

export interface AskedRequests {
  gitea: Asked[];
  oci: Asked[];
}

const gitea = await startFakeGitea({ organizations: [ORGANIZATION], rootUrl: 'self' });
const oci = await startFakeOci();
const expected = fillWorld(gitea, oci, JSON.parse(process.argv[2] ?? '{}') as WorldSize);

process.on('message', () => {
  const strange = [...gitea.unexpected, ...oci.unexpected].map((each) => each.target);
  if (strange.length > 0) throw new Error(`The backends were asked what they do not know: ${strange.join(', ')}`);
  process.send?.({ gitea: askedOf(gitea), oci: askedOf(oci) } satisfies AskedRequests);
});
process.send?.({ gitea: gitea.url, oci: oci.url, expected } satisfies ServedWorld);

function askedOf(server: typeof gitea | typeof oci): Asked[] {
  const asked = server.requests.map(({ target, headers: { accept, authorization } }) => ({
    target,
    headers: { ...(accept !== undefined && { accept }), ...(authorization !== undefined && { authorization }) },
  }));
  server.forget();
  return asked;
}
