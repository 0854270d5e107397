import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../indexer/http/challenge.ts';
import type { OciSource } from '../../indexer/model/source-config.ts';
import { tokenServiceOf } from '../../indexer/sources/oci/tokens.ts';
import { ociConfig } from '../builders.ts';

const READER = { username: 'reader', secret: 's3cret' };

function serviceOf(base: string, realm: string, overrides: Partial<OciSource> = {}) {
  const [challenge] = parseChallenges(`Bearer realm="${realm}",service="reg"`);
  return tokenServiceOf(challenge!, ociConfig(base, overrides));
}

describe('tokenServiceOf', () => {
  test.each<{ title: string; base: string; realm: string; config?: Partial<OciSource>; is: string }>([
    {
      title: 'the registry itself',
      base: 'https://r.example.test',
      realm: 'https://r.example.test/token',
      config: READER,
      is: 'https://r.example.test/token',
    },
    {
      title: 'the registry itself, whatever scheme Gitea guesses',
      base: 'https://git.example.test',
      realm: 'http://git.example.test/v2/token',
      config: READER,
      is: 'https://git.example.test/v2/token',
    },
    {
      title: 'a path of the registry',
      base: 'https://r.example.test',
      realm: '/token',
      config: READER,
      is: 'https://r.example.test/token',
    },
    {
      title: 'the service that the configuration names',
      base: 'https://r.example.test',
      realm: 'https://auth.example.test/token?a=b',
      config: { ...READER, tokenService: 'https://auth.example.test' },
      is: 'https://auth.example.test/token?a=b',
    },
    {
      title: 'asked without the user and the fragment that are in it',
      base: 'https://r.example.test',
      realm: 'https://user:password@r.example.test/token#x',
      is: 'https://r.example.test/token',
    },
  ])('is $title', ({ base, realm, config, is }) => {
    const { realm: found, service } = serviceOf(base, realm, config);
    expect([found.href, service]).toEqual([is, 'reg']);
  });

  test.each<{ title: string; base: string; realm: string; config?: Partial<OciSource>; says: string }>([
    {
      title: 'another host, with a password',
      base: 'https://r.example.test',
      realm: 'https://evil.example.test/token',
      config: READER,
      says: 'set [oci] token_service to it',
    },
    {
      title: 'another host for who has no password: it leads us astray all the same',
      base: 'https://r.example.test',
      realm: 'https://auth.example.test/token',
      says: 'set [oci] token_service to it',
    },
    {
      title: 'another port, with a password',
      base: 'http://127.0.0.1:5000',
      realm: 'http://127.0.0.1:5001/token',
      config: READER,
      says: 'set [oci] token_service to it',
    },
    {
      title: 'another port than the one that the configuration names',
      base: 'https://r.example.test',
      realm: 'https://auth.example.test:444/token',
      config: { ...READER, tokenService: 'https://auth.example.test' },
      says: 'set [oci] token_service to it',
    },
    {
      title: 'plain http elsewhere (CVE-2026-48978)',
      base: 'https://r.example.test',
      realm: 'http://auth.example.test/token',
      config: { ...READER, tokenService: 'http://auth.example.test' },
      says: 'where nothing is encrypted',
    },
    {
      title: 'a file',
      base: 'https://r.example.test',
      realm: 'file:///etc/passwd',
      says: 'no usable token service',
    },
    { title: 'no URL', base: 'https://r.example.test', realm: 'http://[', says: 'no usable token service' },
  ])('refuses $title', ({ base, realm, config, says }) => {
    expect(() => serviceOf(base, realm, config)).toThrow(
      expect.objectContaining({ code: 'auth', message: expect.stringContaining(says) }),
    );
  });
});
