import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REAL_IO } from '../../indexer/config/config-io.ts';
import { loadConfig } from '../../indexer/config/load.ts';
import { createConfigFolder, GITEA, OCI, type ConfigFolder } from './config-folder.ts';

const WITH_TOKEN = `${GITEA}token_path = "a.token"\n`;
const REMEDY = 'write the token or password into it as one line of visible ASCII, and nothing else.';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());

describe('a token file', () => {
  test.each(['s3cret', 's3cret\n', '  s3cret\r\n\n'])('that holds %j gives its one line', async (content) => {
    await folder.write('a.token', content);
    const { config, warnings } = await folder.load(WITH_TOKEN);
    expect({ secret: config.sources[0]?.secret, warnings }).toEqual({ secret: 's3cret', warnings: [] });
  });

  test('is found by an absolute path', async () => {
    const file = await folder.write('b.token', 'elsewhere');
    const { config } = await folder.load(`${OCI}auth_token_path = "${file}"\n`);
    expect(config.sources[0]?.secret).toBe('elsewhere');
  });

  test.each<[string, string | Buffer, string]>([
    ['is empty', '', `names an empty file; ${REMEDY}`],
    ['is blank', ' \n', `names an empty file; ${REMEDY}`],
    [
      'has two lines',
      'hunter2\nhunter3',
      `names a file with spaces, several lines or characters beyond ASCII; ${REMEDY}`,
    ],
    ['has a space', 'hunter2 x', `names a file with spaces, several lines or characters beyond ASCII; ${REMEDY}`],
    ['has an umlaut', 'hunter2ü', `names a file with spaces, several lines or characters beyond ASCII; ${REMEDY}`],
    [
      'is UTF-16',
      Buffer.from('hunter2', 'utf16le'),
      `names a file with spaces, several lines or characters beyond ASCII; ${REMEDY}`,
    ],
    ['is huge', 'hunter2'.repeat(10_000), `names a file of more than 65536 bytes; ${REMEDY}`],
  ])('that %s is refused, its content never shown', async (_, content, fault) => {
    await folder.write('a.token', content);
    const faults = await folder.faults(WITH_TOKEN);
    expect(faults).toEqual([`[gitea] token_path: ${fault}`]);
    expect(faults.join()).not.toContain('hunter');
  });

  test.each(['ghp_hunter2', 'ghp_hunter2'.repeat(500), 'registry.toml/ghp_hunter2'])(
    'that is not there may be the token itself, so that %.20j is not shown',
    async (token) => {
      const faults = await folder.faults(`${GITEA}token_path = "${token}"\n`);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^\[gitea\] token_path: names a file that (does not exist|cannot be read)/);
      expect(faults[0]).not.toContain('hunter2');
    },
  );

  test('that is a folder cannot be read', async () => {
    await expect(folder.faults(`${GITEA}token_path = "."\n`)).resolves.toEqual([
      '[gitea] token_path: names a file that cannot be read (EISDIR); check the path and who may read it.',
    ]);
  });

  test('that nobody may read is a fault', async () => {
    const io = {
      ...REAL_IO,
      readFile: (path: string) =>
        path.endsWith('.token')
          ? Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }))
          : REAL_IO.readFile(path),
    };
    await folder.write('a.token', 'x');
    const file = await folder.write('registry.toml', WITH_TOKEN);
    await expect(loadConfig(file, io)).rejects.toThrow(
      '[gitea] token_path: names a file that cannot be read (EACCES); check the path and who may read it.',
    );
  });

  test.each([0o600, 0o400, 0o440])('with mode %o is as it should be', async (mode) => {
    await folder.write('a.token', 'x', mode);
    await expect(folder.load(WITH_TOKEN)).resolves.toMatchObject({ warnings: [] });
  });

  test.each([
    [0o644, '644'],
    [0o640, '640'],
    [0o700, '700'],
    [0o604, '604'],
  ])('with mode %o gets a warning with the remedy', async (mode, shown) => {
    const file = await folder.write('a.token', 'x', mode);
    await expect(folder.load(WITH_TOKEN)).resolves.toMatchObject({
      warnings: [
        `[gitea] token_path: the file has mode ${shown}, which may let others read it; run: chmod 600 ${file}`,
      ],
    });
  });

  test('has its name quoted for the shell', async () => {
    await folder.write("it's.token", 'x', 0o644);
    const { warnings } = await folder.load(`${GITEA}token_path = "it's.token"\n`);
    expect(warnings[0]).toContain(String.raw`chmod 600 '${join(folder.path, String.raw`it'\''s.token`)}'`);
  });
});

describe('a token over plain http', () => {
  test.each([
    ['http://git.example.org', ['[gitea] url: the token goes there unencrypted over http; use https.']],
    ['http://127.0.0.1:3000', []],
    ['http://localhost:3000', []],
    ['https://git.example.org', []],
  ])('to %s gets %j', async (url, expected) => {
    await folder.write('a.token', 'x');
    const { warnings } = await folder.load(`[gitea]\nurl = "${url}"\norganization = "x"\ntoken_path = "a.token"\n`);
    expect(warnings).toEqual(expected);
  });

  test('is not sent without a token', async () => {
    const { warnings } = await folder.load('[gitea]\nurl = "http://git.example.org"\norganization = "x"\n');
    expect(warnings).toEqual([]);
  });

  test('is a password where there is a user, also at the token service', async () => {
    await folder.write('a.token', 'x');
    const { warnings } = await folder.load(`
      [[source]]
      name = "mirror"
      kind = "oci"
      registry = "http://registry.example.org"
      auth_token_path = "a.token"
      username = "robot"
      token_service = "http://auth.example.org"
    `);
    expect(warnings).toEqual([
      '[[source]] "mirror" registry: the password goes there unencrypted over http; use https.',
      '[[source]] "mirror" token_service: the password goes there unencrypted over http; use https.',
    ]);
  });
});
