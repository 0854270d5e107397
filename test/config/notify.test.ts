import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConfigFolder, GITEA, type ConfigFolder } from './config-folder.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
  await folder.write('notify.secret', `${SECRET}\n`);
});
afterAll(() => folder.remove());

const notify = (...lines: string[]) => `${GITEA}[notify]\n${lines.join('\n')}\n`;
const FILE = 'secret_path = "notify.secret"';

describe('[notify]', () => {
  test('is nobody without a webhook', async () => {
    expect((await folder.load(GITEA)).config).not.toHaveProperty('notify');
    expect((await folder.load(notify())).config).not.toHaveProperty('notify');
  });

  test('has its address, its secret and ten seconds', async () => {
    const { config, warnings } = await folder.load(notify('webhook = "https://hooks.example.org/a?to=b"', FILE));
    expect(config.notify).toEqual({ url: 'https://hooks.example.org/a?to=b', secret: SECRET, timeoutMs: 10_000 });
    expect(warnings).toEqual([]);
  });

  test.each([
    'ftp://hooks.example.org/',
    'https://us3r:p4ss@hooks.example.org/',
    'https://hooks.example.org/#fragment',
    'https://hooks.example.org/?a#fragment',
    'https://hooks.example.org/?a b',
    'hooks.example.org',
  ])('refuses the address %s, and does not show it', async (address) => {
    const faults = await folder.faults(notify(`webhook = "${address}"`, FILE));
    expect(faults).toEqual([
      '[notify] webhook: the value is not an http or https URL without user or fragment, such as "https://hooks.example.org/registry".',
    ]);
  });

  test('needs both the address and the secret', async () => {
    expect(await folder.faults(notify('webhook = "https://hooks.example.org"'))).toEqual([
      '[notify] secret_path: is missing beside webhook; add the path of a file that holds the secret of the webhook.',
    ]);
    expect(await folder.faults(notify(FILE))).toEqual([
      expect.stringMatching(/^\[notify\] webhook: is missing beside secret_path; /),
    ]);
  });

  test.each([
    ['hunter2', /7 bytes/],
    ['whsec_n0t*base64', /not base64/],
  ])('refuses the secret %s, and does not show it', async (secret, message) => {
    await folder.write('bad.secret', secret);
    const [fault, ...more] = await folder.faults(
      notify('webhook = "https://hooks.example.org"', 'secret_path = "bad.secret"'),
    );
    expect(more).toEqual([]);
    expect(fault).toMatch(/^\[notify\] secret_path: names a file that holds no secret\. /);
    expect(fault).toMatch(message);
    expect(fault).not.toContain(secret.replace('whsec_', ''));
  });

  test('warns of a file that others may read, and of an address without encryption', async () => {
    await folder.write('open.secret', SECRET, 0o644);
    const { warnings } = await folder.load(
      notify('webhook = "http://hooks.example.org"', 'secret_path = "open.secret"'),
    );
    expect(warnings).toEqual([
      '[notify] webhook: what is published is told there unencrypted over http; use https.',
      expect.stringMatching(/^\[notify\] secret_path: the file has mode 644/),
    ]);
    expect((await folder.load(notify('webhook = "http://127.0.0.1:1"', FILE))).warnings).toEqual([]);
  });
});
