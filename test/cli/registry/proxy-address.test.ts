import { describe, expect, test } from 'vitest';
import { downloadUrlOf, proxyBaseOf, type ProxySources } from '../../../cli/registry/proxy-address.ts';
import { idOf } from './registries.ts';

const AWS = idOf('provider/aws');

describe('proxyBaseOf', () => {
  test.each<[from: ProxySources, base: string | undefined]>([
    [{}, undefined],
    [{ site: new URL('https://a.example/api/v1/') }, 'https://a.example/'],
    [{ site: new URL('https://a.example/registry/api/v1/') }, 'https://a.example/registry/'],
    [{ site: new URL('https://a.example/files/site/') }, 'https://a.example/'],
    [
      { downloads: 'https://b.example/registry', site: new URL('https://a.example/api/v1/') },
      'https://b.example/registry/',
    ],
    [{ proxy: 'https://c.example', downloads: 'https://b.example' }, 'https://c.example/'],
    [{ proxy: 'https://c.example/x/api/v1' }, 'https://c.example/x/'],
    [{ proxy: 'https://c.example/x' }, 'https://c.example/x/'],
  ])('of %o is %s', (from, base) => {
    expect(proxyBaseOf(from)?.href).toBe(base);
  });

  test.each(['ftp://a.example', 'a.example', 'https://me:secret@a.example', 'javascript:alert(1)'])(
    'refuses %s',
    (proxy) => {
      expect(() => proxyBaseOf({ proxy })).toThrow(expect.objectContaining({ code: 'config' }));
      expect(() => proxyBaseOf({ downloads: proxy })).toThrow(expect.objectContaining({ code: 'config' }));
      expect(() => proxyBaseOf({ proxy })).not.toThrow('secret@');
    },
  );
});

describe('downloadUrlOf', () => {
  const base = new URL('https://c.example/x/');

  test.each([
    [
      '/api/v1/extensions/provider/aws/1.0.0/aws.tar.gz',
      'https://c.example/x/api/v1/extensions/provider/aws/1.0.0/aws.tar.gz',
    ],
    [
      '/api/v1/extensions/provider/aws/1.0.0%2Bbuild.5',
      'https://c.example/x/api/v1/extensions/provider/aws/1.0.0%2Bbuild.5',
    ],
    [
      'https://other.example/y/api/v1/extensions/provider/aws/1.0.0',
      'https://c.example/x/api/v1/extensions/provider/aws/1.0.0',
    ],
    ['/api/v1/extensions/provider/aws/1.0.0?token=1', 'https://c.example/x/api/v1/extensions/provider/aws/1.0.0'],
  ])('puts %s below the base', (downloadUrl, url) => {
    expect(downloadUrlOf(base, downloadUrl, AWS).href).toBe(url);
  });

  test.each([
    '/api/v1/extensions/provider/other/1.0.0',
    '/api/v1/extensions/provider/aws/../../../../admin',
    '/api/v1/extensions/provider/aws/%2e%2e/%2e%2e/x',
    '/admin',
    '//evil.example/',
    'https://',
    '',
  ])('refuses %j', (downloadUrl) => {
    expect(() => downloadUrlOf(base, downloadUrl, AWS)).toThrow(expect.objectContaining({ code: 'invalid_site' }));
  });
});
