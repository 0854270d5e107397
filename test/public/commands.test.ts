import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandsFor, downloadAddress } from '../../public/src/commands.ts';

const API = new URL('https://example.org/repo/api/v1/');

describe('downloadAddress', () => {
  test.each([
    ['/api/v1/extensions/a/b/1.0.0', undefined, 'https://example.org/repo/api/v1/extensions/a/b/1.0.0'],
    [
      '/api/v1/extensions/a/b/1.0.0',
      'https://proxy.example.org',
      'https://proxy.example.org/api/v1/extensions/a/b/1.0.0',
    ],
    [
      '/api/v1/extensions/a/b/1.0.0',
      'https://proxy.example.org/x/',
      'https://proxy.example.org/x/api/v1/extensions/a/b/1.0.0',
    ],
    [
      '/api/v1/extensions/a/b/1.0.0',
      'https://proxy.example.org/api/v1',
      'https://proxy.example.org/api/v1/extensions/a/b/1.0.0',
    ],
    [
      'https://old.example.org/x/api/v1/extensions/a/b/1.0.0%2B5',
      undefined,
      'https://example.org/repo/api/v1/extensions/a/b/1.0.0%2B5',
    ],
  ])('of %s below %s is %s', (url, downloads, expected) => {
    expect(downloadAddress(url, downloads === undefined ? {} : { downloads }, API).href).toBe(expected);
  });
});

describe('commandsFor', () => {
  const download = {
    id: 'a/b',
    version: '1.0.0+x',
    url: new URL('extensions/a/b/1.0.0', API),
    digest: `sha256:${'0'.repeat(64)}`,
  };

  test('are plain where nothing needs quotes', () => {
    const [client, curl, program] = commandsFor({ ...download, file: 'b.tar.gz' }, API);
    expect(client?.text).toBe('extension install a/b@1.0.0+x --site https://example.org/repo/api/v1');
    expect(curl?.text).toBe(
      `curl -fsSL -o b.tar.gz https://example.org/repo/api/v1/extensions/a/b/1.0.0\necho '${'0'.repeat(64)}  b.tar.gz' | sha256sum -c`,
    );
    expect(program?.text).toContain("import { openRegistry } from 'extension-registry';");
  });

  test.each(["it's; rm -rf ~ $(x) `y`", '-rf', 'a b', '"', '$HOME', 'a\\b', '~', '*', '#'])(
    'give a shell the file name %j as one word',
    (file) => {
      const [, curl] = commandsFor({ ...download, file }, API);
      const words = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$3"; }; ${curl?.text.split('\n')[0]}`], {
        encoding: 'utf8',
      });
      expect(words).toBe(`${file}\n`);
    },
  );

  test('check nothing where there is no digest', () => {
    const { digest: _none, ...without } = download;
    expect(commandsFor({ ...without, file: 'b' }, API)[1]).toMatchObject({
      title: 'With curl',
      text: expect.not.stringContaining('sha256sum') as string,
    });
  });
});
