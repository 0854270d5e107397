import { expect, onTestFinished, test } from 'vitest';
import { configOf, giteaConfig, ociConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { before, createAuthority } from '../http/certificates.ts';
import { startProxy } from './world.ts';

const NOW = Date.now();
const authority = createAuthority('our CA', NOW);
const LOOPBACK = ['127.0.0.1'];

test('GET /health shows a backend whose certificate is not checked, and one that is refused', async () => {
  const gitea = await startFakeGitea({ tls: authority.issue(LOOPBACK), organizations: ['acme'] });
  const expired = await startFakeOci({ tls: authority.issue(LOOPBACK, before(NOW)) });
  const trusted = await startFakeOci({ tls: authority.issue(LOOPBACK) });
  onTestFinished(async () => void (await Promise.all([gitea.close(), expired.close(), trusted.close()])));
  const config = configOf(await temporaryFolder(), [
    giteaConfig(gitea.url, { verifyTls: false }),
    ociConfig(expired.url, { name: 'expired', ca: authority.cert }),
    ociConfig(trusted.url, { name: 'trusted', ca: authority.cert }),
  ]);
  await runIndexer(config);
  const { get, log } = await startProxy(config);
  const answer = await get('/health');
  expect(answer.json).toMatchObject({
    status: 'degraded',
    backends: {
      gitea: { kind: 'gitea', status: 'healthy', tls: 'unverified' },
      expired: { kind: 'oci', status: 'unhealthy', error: 'tls' },
      trusted: { kind: 'oci', status: 'healthy' },
    },
  });
  expect(Object.keys((answer.json as { backends: { trusted: object } }).backends.trusted)).not.toContain('tls');
  expect(expired.requests).toEqual([]);
  expect(JSON.stringify(log)).not.toContain('BEGIN CERTIFICATE');
});
