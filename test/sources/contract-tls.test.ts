import { createAuthority } from '../http/certificates.ts';
import { describeSource } from './contract.ts';
import { fakeGiteaWorld, fakeOciWorld } from './fake-worlds.ts';

/* The contract over TLS, with certificates of a CA that only the configuration knows. */

const authority = createAuthority('test CA', Date.now());
const tls = authority.issue(['127.0.0.1']);
const elsewhere = { auth: 'bearer', tokenServiceElsewhere: true, isSecured: true } as const;

const SETTINGS = [
  { title: 'an own CA', settings: { ca: authority.cert } },
  { title: 'verify_ssl = false', settings: { verifyTls: false } },
];

for (const { title, settings } of SETTINGS) {
  describeSource(`a Gitea source over TLS with ${title}`, {
    createWorld: () => fakeGiteaWorld({ tls }, settings),
    isSecured: true,
    canHide: true,
  });
  describeSource(`an OCI source over TLS with ${title}, and its token service elsewhere`, {
    createWorld: () => fakeOciWorld({ ...elsewhere, tls }, settings),
    isSecured: true,
    canHide: true,
  });
  describeSource(`an open OCI source over TLS with ${title}`, {
    createWorld: () => fakeOciWorld({ tls }, settings),
    isSecured: false,
    canHide: false,
  });
}
