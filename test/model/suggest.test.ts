import { describe, expect, test } from 'vitest';
import { editDistance, suggest } from '../../indexer/model/suggest.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['port', '', 4],
    ['', 'port', 4],
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['ports', 'port', 1],
    ['pot', 'port', 1],
    ['part', 'port', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('of %o and %o is %o', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });
});

describe('suggest', () => {
  const KEYS = [
    'url',
    'token_path',
    'auth_token_path',
    'token_service',
    'verify_ssl',
    'timeout_seconds',
    'ttl_seconds',
  ];

  test.each([
    ['timout_seconds', ['timeout_seconds']],
    ['verify-ssl', ['verify_ssl']],
    ['verifySsl', ['verify_ssl']],
    ['ulr', ['url']],
    ['ttl', ['ttl_seconds']],
    ['token', ['token_path', 'auth_token_path', 'token_service']],
    ['my_token_path_here', ['token_path']],
    ['colour', []],
    ['x', []],
  ])('for %o finds %o', (word, meant) => {
    expect(suggest(word, KEYS)).toEqual(meant);
  });

  test('finds nothing among nothing', () => {
    expect(suggest('port', [])).toEqual([]);
  });
});
