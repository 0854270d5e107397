import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { before, createAuthority } from '../http/certificates.ts';
import { createConfigFolder, GITEA, MIRROR, OCI, type ConfigFolder } from './config-folder.ts';

const NOW = Date.now();
const ours = createAuthority('our CA', NOW).cert;
const old = createAuthority('our old CA', NOW, before(NOW)).cert;
const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
const EXPORT_IT = 'give the file of the CA that issued the certificate of the server, in PEM form.';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());

describe('ca_path', () => {
  test.each([
    { table: '[gitea]', toml: `${GITEA}ca_path = "ca.pem"\n` },
    { table: '[oci]', toml: `${OCI}ca_path = "ca.pem"\n` },
    { table: '[[source]]', toml: `${MIRROR.replace('localhost', 'mirror.example.org')}ca_path = "ca.pem"\n` },
  ])('of $table gives the certificates of the file, and nothing else of it', async ({ toml }) => {
    await folder.write('ca.pem', `Our CA\n${ours}${key}\n${old.replaceAll('\n', '\r\n')}`, 0o644);
    const { config } = await folder.load(toml);
    expect(config.sources[0]?.ca?.replaceAll('\r', '')).toBe(`${ours}${old}`);
  });

  test.each<[string, string | Buffer, string]>([
    ['is empty', '', `names a file with no certificate in it; ${EXPORT_IT}`],
    ['holds a key', key, `names a file with no certificate in it; ${EXPORT_IT}`],
    ['holds DER', Buffer.from([0x30, 0x82, 1, 2]), `names a file with no certificate in it; ${EXPORT_IT}`],
    [
      'holds a broken certificate beside a good one',
      `${ours}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
      `names a file whose certificate #2 cannot be read; ${EXPORT_IT}`,
    ],
    ['is huge', 'x'.repeat(1_100_000), `names a file of more than 1048576 bytes; ${EXPORT_IT}`],
  ])('names a file that %s: a fault', async (_, content, fault) => {
    await folder.write('ca.pem', content);
    await expect(folder.faults(`${GITEA}ca_path = "ca.pem"\n`)).resolves.toEqual([`[gitea] ca_path: ${fault}`]);
  });

  test('names a file that is not there: a fault', async () => {
    await expect(folder.faults(`${OCI}ca_path = "none.pem"\n`)).resolves.toEqual([
      '[oci] ca_path: names a file that cannot be read (ENOENT); check the path and who may read it.',
    ]);
  });

  test('names a file with a certificate that has expired: a warning', async () => {
    await folder.write('ca.pem', ours + old);
    const { warnings } = await folder.load(`${GITEA}ca_path = "ca.pem"\n`);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^\[gitea\] ca_path: the certificate "CN=our old CA" has expired \(.+ GMT\), so that nothing is trusted by it; replace it\.$/,
      ),
    ]);
  });

  test.each([
    { title: 'over http', keys: '', url: 'http://git.example.org', says: 'has no effect over http' },
    {
      title: 'while nothing is checked',
      keys: 'verify_ssl = false\n',
      url: 'https://git.example.org',
      says: 'has no effect while verify_ssl is false',
    },
  ])('has no effect $title: a warning', async ({ keys, url, says }) => {
    await folder.write('ca.pem', ours);
    const { warnings } = await folder.load(`[gitea]\nurl = "${url}"\norganization = "x"\nca_path = "ca.pem"\n${keys}`);
    expect(warnings.at(-1)).toContain(`[gitea] ca_path: ${says}`);
  });
});

describe('verify_ssl = false', () => {
  const consequence = (what: string) =>
    `whoever is between us and git.example.org can ${what}change what we read, for its certificate is not checked; ` +
    'set ca_path to the CA that issued it instead.';

  test('is warned of with what it means', async () => {
    await folder.write('a.token', 'x');
    const { config, warnings } = await folder.load(`${GITEA}verify_ssl = false\n`);
    expect(config.sources[0]?.verifyTls).toBe(false);
    expect(warnings).toEqual([`[gitea] verify_ssl: ${consequence('')}`]);
    const secret = await folder.load(`${GITEA}verify_ssl = false\ntoken_path = "a.token"\n`);
    expect(secret.warnings).toEqual([`[gitea] verify_ssl: ${consequence('read what we authenticate with and ')}`]);
  });

  test('says nothing of a server that is asked over http', async () => {
    const { warnings } = await folder.load(`${MIRROR}verify_ssl = false\n`);
    expect(warnings).toEqual([]);
  });
});
