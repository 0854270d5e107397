import { describe, expect, test } from 'vitest';
import { parseIdentity } from '../../public/src/identity.ts';

describe('parseIdentity', () => {
  test.each([
    ['?id=taskserv/redis', { type: 'taskserv', name: 'redis' }],
    ['?id=taskserv%2Fredis%407.2.6', { type: 'taskserv', name: 'redis', version: '7.2.6' }],
    ['?id=a/b@1.0.0+build.5', { type: 'a', name: 'b', version: '1.0.0+build.5' }],
    ['?id=a/b@1.0.0%2Bbuild.5&x=1', { type: 'a', name: 'b', version: '1.0.0+build.5' }],
    ['?id=a/b@', { type: 'a', name: 'b' }],
  ])('reads %j', (search, expected) => {
    expect(parseIdentity(search)).toEqual(expected);
  });

  test.each([
    '',
    '?id=',
    '?id=redis',
    '?id=a/b/c',
    '?id=A/b',
    '?id=../b',
    '?id=a/..',
    '?id=a/b@1/2',
    '?id=a/b@1@2',
    `?id=a/${'b'.repeat(101)}`,
  ])('refuses %j', (search) => {
    expect(parseIdentity(search)).toBeUndefined();
  });
});
