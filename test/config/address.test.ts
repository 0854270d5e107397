import { describe, expect, test } from 'vitest';
import { isLoopback, parseBase, parseOrigin, parseRegistry } from '../../indexer/config/address.ts';

describe('parseRegistry', () => {
  test.each([
    ['registry.example.org', 'https://registry.example.org/'],
    ['Registry.example.org:5000', 'https://registry.example.org:5000/'],
    ['10.0.0.7:5000', 'https://10.0.0.7:5000/'],
    ['[2001:db8::1]:5000', 'https://[2001:db8::1]:5000/'],
    ['localhost', 'http://localhost/'],
    ['localhost:5000', 'http://localhost:5000/'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/'],
    ['127.1.2.3', 'http://127.1.2.3/'],
    ['[::1]:5000', 'http://[::1]:5000/'],
    ['localhost.example.org', 'https://localhost.example.org/'],
    ['https://localhost:5000', 'https://localhost:5000/'],
    ['http://registry.example.org', 'http://registry.example.org/'],
    ['https://registry.example.org/prefix', 'https://registry.example.org/prefix/'],
  ])('reads %o as %s', (text, base) => {
    expect(parseRegistry(text).href).toBe(base);
  });

  test.each(['', 'registry.example.org/acme', 'bob@registry.example.org', 'host:99999', 'host:', 'a b', 'oci://host'])(
    'rejects %o',
    (text) => {
      expect(() => parseRegistry(text)).toThrow(/^The value /);
    },
  );
});

describe('parseBase', () => {
  test.each([
    ['https://git.example.org', 'https://git.example.org/'],
    ['http://git.example.org/git', 'http://git.example.org/git/'],
    ['HTTPS://Git.example.org/git/', 'https://git.example.org/git/'],
  ])('reads %o as %s', (text, base) => {
    expect(parseBase(text).href).toBe(base);
  });

  test.each([
    'git.example.org',
    'ftp://git.example.org',
    'https://',
    'https://bob@git.example.org',
    'https://:secret@git.example.org',
    'https://git.example.org?a=1',
    'https://git.example.org/?',
    'https://git.example.org/#',
    ' https://git.example.org',
    'https://git.exam\tple.org',
    String.raw`https:\\git.example.org`,
  ])('rejects %o and does not repeat it', (text) => {
    expect(() => parseBase(text)).toThrow('The value is not an http or https URL without user, query and fragment.');
  });
});

describe('parseOrigin', () => {
  test.each([
    ['https://app.example.org', 'https://app.example.org'],
    ['https://app.example.org:443/', 'https://app.example.org'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('reads %o as %s', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });

  test.each(['app.example.org', 'https://app.example.org/path', 'null', '*'])('rejects %o', (text) => {
    expect(() => parseOrigin(text)).toThrow(/^The value /);
  });
});

describe('isLoopback', () => {
  test.each([
    ['http://localhost:1', true],
    ['http://127.0.0.1', true],
    ['http://127.1', true],
    ['http://[::1]', true],
    ['http://127.0.0.1.example.org', false],
    ['http://128.0.0.1', false],
    ['http://0.0.0.0', false],
  ])('of %s is %o', (url, loopback) => {
    expect(isLoopback(new URL(url))).toBe(loopback);
  });
});
