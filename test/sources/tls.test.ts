import { onTestFinished, describe, expect, test } from 'vitest';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { SourceConfig } from '../../indexer/model/source-config.ts';
import type { Source } from '../../indexer/sources/source.ts';
import { configOf, giteaConfig, ociConfig, runIndexer, temporaryFolder } from '../builders.ts';
import type { FakeServer, TlsIdentity } from '../fakes/fake-server.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { before, createAuthority } from '../http/certificates.ts';
import { errorOf, list, openSource, soon } from './open-source.ts';

/* What an operator is told when TLS fails; that it works is in contract-tls.test.ts. */

const NOW = Date.now();
const authority = createAuthority('our CA', NOW);
const stranger = createAuthority('another CA', NOW);
const expiredAuthority = createAuthority('our old CA', NOW, before(NOW));
const LOOPBACK = ['127.0.0.1'];

interface Case {
  title: string;
  tls: TlsIdentity;
  ca: string | undefined;
  says: RegExp;
}

const CASES: readonly Case[] = [
  {
    title: 'a certificate of a CA that is not ours',
    tls: stranger.issue(LOOPBACK),
    ca: authority.cert,
    says: /from nobody that we trust \(UNABLE_TO_.+\); set ca_path to the file of the CA/,
  },
  {
    title: 'our CA where ca_path does not name it',
    tls: authority.issue(LOOPBACK),
    ca: undefined,
    says: /from nobody that we trust \(UNABLE_TO_.+\); set ca_path to the file of the CA/,
  },
  {
    title: 'a certificate for another host',
    tls: authority.issue(['127.0.0.2', 'git.example.test']),
    ca: authority.cert,
    says: /for another host name \(ERR_TLS_CERT_ALTNAME_INVALID\); correct the host in the configuration/,
  },
  {
    title: 'a certificate that has expired',
    tls: authority.issue(LOOPBACK, before(NOW)),
    ca: authority.cert,
    says: /has expired \(CERT_HAS_EXPIRED\); renew it/,
  },
  {
    title: 'a certificate of a CA that has expired',
    tls: expiredAuthority.issue(LOOPBACK),
    ca: expiredAuthority.cert,
    says: /has expired \(CERT_HAS_EXPIRED\); renew it/,
  },
];

interface Started {
  server: FakeServer;
  config: SourceConfig;
}

const KINDS: readonly { kind: string; start: (tls: TlsIdentity, ca?: string) => Promise<Started> }[] = [
  {
    kind: 'gitea',
    start: async (tls, ca) => {
      const server = await startFakeGitea({ tls, organizations: ['acme'] });
      return { server, config: giteaConfig(server.url, ca === undefined ? {} : { ca }) };
    },
  },
  {
    kind: 'oci',
    start: async (tls, ca) => {
      const server = await startFakeOci({ tls });
      return { server, config: ociConfig(server.url, ca === undefined ? {} : { ca }) };
    },
  },
];

for (const { kind, start } of KINDS) {
  describe(`TLS at a source of kind ${kind}`, () => {
    test.each(CASES)('fails with $title: told with the remedy, and not tried again', async ({ tls, ca, says }) => {
      const { server, config } = await start(tls, ca);
      onTestFinished(() => server.close());
      const doings: ((source: Source) => Promise<unknown>)[] = [list, (source) => source.checkHealth(soon())];
      for (const doing of doings) {
        const source = openSource(config);
        const error = await errorOf(doing(source));
        expect(codeOf(error)).toBe('tls');
        expect(messageOf(error)).toMatch(new RegExp(`^${kind} \\(${server.host}\\) cannot be spoken to over TLS: `));
        expect(messageOf(error)).toMatch(says);
        expect(source.counts).toEqual({ requests: 1, retries: 0 });
      }
      expect(server.requests).toEqual([]);
    });

    test('that is not checked is said of the source', async () => {
      const { server, config } = await start(authority.issue(LOOPBACK));
      onTestFinished(() => server.close());
      expect(openSource({ ...config, verifyTls: false }).tls).toBe('unverified');
      expect(openSource(config).tls).toBeUndefined();
      expect(openSource({ ...config, base: new URL('http://127.0.0.1/'), verifyTls: false }).tls).toBeUndefined();
    });
  });
}

test('a source whose TLS fails is carried forward by the crawl, and the others are published', async () => {
  const oci = await startFakeOci();
  const gitea = await startFakeGitea({ tls: stranger.issue(LOOPBACK), organizations: ['acme'] });
  onTestFinished(async () => void (await Promise.all([oci.close(), gitea.close()])));
  oci.pushArtifact('acme/aws-provider', '1.0.0', { layers: [{ title: 'aws.tar.gz', content: 'aws' }] });
  const sources = [giteaConfig(gitea.url, { ca: authority.cert }), ociConfig(oci.url)];
  const { outcomes, published } = await runIndexer(configOf(await temporaryFolder(), sources));
  expect(outcomes.map(({ name, failure }) => [name, failure?.code])).toEqual([
    ['gitea', 'tls'],
    ['oci', undefined],
  ]);
  expect(published).toBeDefined();
});
