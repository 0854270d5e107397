import { afterAll, beforeAll, describe } from 'vitest';
import { describeSource } from '../sources/contract.ts';
import { startDistribution, type RealDistribution } from './distribution.ts';
import { startGitea, type RealGitea } from './gitea.ts';
import { giteaWorld, registryWorld } from './source-worlds.ts';

// What holds of every source at a fake, asked of the real servers.

describe.each([
  { title: 'a real Gitea', requireSignIn: false },
  { title: 'a real Gitea that requires sign-in', requireSignIn: true },
])('$title', ({ requireSignIn }) => {
  let gitea: RealGitea;
  beforeAll(async () => {
    // Its links name another host than the one that is asked, as behind a reverse proxy.
    gitea = await startGitea({ rootUrl: 'http://gitea.example.test/', requireSignIn });
  });
  afterAll(() => gitea?.remove());

  describeSource('a Gitea source', { createWorld: () => giteaWorld(gitea), isSecured: true, canHide: true });

  describeSource('an OCI source', {
    createWorld: async () => {
      const organization = (namespace: string) => gitea.seed.showOrganization(namespace, 'private');
      const world = await registryWorld({
        ...gitea,
        pusher: { username: gitea.admin.username, password: gitea.admin.token },
        config: { username: gitea.bot.username, secret: gitea.bot.token },
        hide: organization,
      });
      await gitea.seed.createOrganization('namespace' in world.config ? world.config.namespace : '');
      return world;
    },
    isSecured: true,
    canHide: true,
  });
});

describe.each([
  { auth: 'open', isSecured: false, canHide: false },
  // What an htpasswd file knows is who may read, not what.
  { auth: 'htpasswd', isSecured: true, canHide: false },
  { auth: 'token', isSecured: true, canHide: true },
] as const)('a real distribution, $auth', ({ auth, isSecured, canHide }) => {
  let server: RealDistribution;
  beforeAll(async () => {
    server = await startDistribution({ auth });
  });
  afterAll(() => server?.remove());

  describeSource('an OCI source', {
    createWorld: () =>
      registryWorld({
        ...server,
        ...(isSecured && {
          pusher: server.pusher,
          config: { username: server.reader.username, secret: server.reader.password },
        }),
        ...(auth === 'token' && {
          config: {
            username: server.reader.username,
            secret: server.reader.password,
            tokenService: new URL(server.issuer!.realm).origin,
          },
        }),
        hide: async (namespace) => void server.issuer!.denied.add(namespace),
      }),
    isSecured,
    canHide,
  });
});
