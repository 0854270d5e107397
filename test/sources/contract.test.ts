import type { FakeOciOptions } from '../fakes/oci.ts';
import { describeSource } from './contract.ts';
import { fakeGiteaWorld, fakeOciWorld } from './fake-worlds.ts';

describeSource('a Gitea source', { createWorld: () => fakeGiteaWorld(), isSecured: true, canHide: true });

interface Registry {
  title: string;
  options: FakeOciOptions;
  isSecured?: boolean;
  /** What an htpasswd file knows is who may read, not what. */
  canHide?: boolean;
}

const REGISTRIES: readonly Registry[] = [
  { title: 'an open distribution', options: { flavour: 'distribution' } },
  { title: 'a distribution with Basic', options: { flavour: 'distribution', auth: 'basic' }, isSecured: true },
  {
    title: 'a distribution with Bearer',
    options: { flavour: 'distribution', auth: 'bearer' },
    isSecured: true,
    canHide: true,
  },
  {
    title: 'a distribution with its token service elsewhere',
    options: { flavour: 'distribution', auth: 'bearer', tokenServiceElsewhere: true },
    isSecured: true,
    canHide: true,
  },
  { title: 'a Gitea that gives strangers a token', options: { flavour: 'gitea' }, canHide: true },
  { title: 'a Gitea with a user', options: { flavour: 'gitea' }, isSecured: true, canHide: true },
  { title: 'an open zot', options: { flavour: 'zot' } },
  { title: 'a zot that lets strangers read', options: { flavour: 'zot', auth: 'basic' }, isSecured: true },
  {
    title: 'a zot that does not',
    options: { flavour: 'zot', auth: 'basic', anonymousRead: false },
    isSecured: true,
  },
  { title: 'an open crane', options: { flavour: 'crane' } },
  { title: 'a registry that keeps blobs elsewhere', options: { redirectBlobs: true } },
];

for (const { title, options, isSecured = false, canHide = false } of REGISTRIES) {
  describeSource(`an OCI source at ${title}`, {
    createWorld: () => fakeOciWorld({ ...options, isSecured }),
    isSecured,
    canHide,
  });
}
