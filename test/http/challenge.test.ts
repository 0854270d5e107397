import { expect, test, describe } from 'vitest';
import { parseChallenges } from '../../indexer/http/challenge.ts';

/* RFC 9110, section 11.6.1; the real ones as shared/real-backends.md saw them. */

type Expected = [scheme: string, parameters?: Record<string, string>];

describe('parseChallenges', () => {
  test.each<{ title: string; field: string | string[] | undefined; challenges: Expected[] }>([
    { title: 'no field', field: undefined, challenges: [] },
    { title: 'an empty field', field: '', challenges: [] },
    { title: 'distribution with htpasswd', field: 'Basic realm="test"', challenges: [['basic', { realm: 'test' }]] },
    {
      title: 'zot: lower case, no quotes',
      field: 'basic realm=test',
      challenges: [['basic', { realm: 'test' }]],
    },
    {
      title: 'a token service',
      field: 'Bearer realm="http://127.0.0.1:1/token",service="reg",scope="repository:a/b:pull,push"',
      challenges: [
        ['bearer', { realm: 'http://127.0.0.1:1/token', service: 'reg', scope: 'repository:a/b:pull,push' }],
      ],
    },
    {
      title: 'Gitea: two fields that Node joined',
      field:
        'Bearer realm="http://h/v2/token",service="container_registry",scope="*", Basic realm="Gitea Container Registry"',
      challenges: [
        ['bearer', { realm: 'http://h/v2/token', service: 'container_registry', scope: '*' }],
        ['basic', { realm: 'Gitea Container Registry' }],
      ],
    },
    {
      title: 'two fields apart',
      field: ['Basic realm="a"', 'Bearer realm="b"'],
      challenges: [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    },
    {
      title: 'the example of the RFC',
      field: 'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      challenges: [
        ['basic', { realm: 'simple' }],
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ],
    },
    { title: 'a scheme alone', field: 'Negotiate', challenges: [['negotiate']] },
    {
      title: 'a scheme alone before another',
      field: 'Negotiate, Basic realm="a"',
      challenges: [['negotiate'], ['basic', { realm: 'a' }]],
    },
    {
      title: 'a token68, which looks like a scheme',
      field: 'NTLM TlRMTVNTUAACAAAA==, Basic realm="a"',
      challenges: [['ntlm'], ['basic', { realm: 'a' }]],
    },
    {
      title: 'a token68 without padding',
      field: 'Negotiate abc.def/ghi+, Basic realm="a"',
      challenges: [['negotiate'], ['basic', { realm: 'a' }]],
    },
    {
      title: 'white space around the equals sign, and empty elements',
      field: ', ,Bearer  realm = "a" , ,  scope =b',
      challenges: [['bearer', { realm: 'a', scope: 'b' }]],
    },
    {
      title: 'commas and equals signs in a quoted string',
      field: 'Bearer realm="https://a.test/t?x=1,2",error="invalid_token"',
      challenges: [['bearer', { realm: 'https://a.test/t?x=1,2', error: 'invalid_token' }]],
    },
    { title: 'names in any case', field: 'BEARER ReAlM="a"', challenges: [['bearer', { realm: 'a' }]] },
    { title: 'a parameter without a scheme', field: 'realm="a"', challenges: [] },
    {
      title: 'a quoted string without an end, which gives no realm',
      field: 'Basic realm="a',
      challenges: [['basic'], ['realm'], ['a']],
    },
    { title: 'nothing readable', field: '"" ; == ,', challenges: [] },
  ])('reads $title', ({ field, challenges }) => {
    const found = parseChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    expect(found).toEqual(challenges.map(([scheme, parameters = {}]) => [scheme, parameters]));
  });

  test('reads a hostile field in no time', () => {
    const fields = [
      '"\\'.repeat(8_000),
      ' '.repeat(16_000),
      `a${' '.repeat(8_000)}=${'b,'.repeat(4_000)}`,
      'a='.repeat(8_000),
    ];
    const before = performance.now();
    for (const field of fields) parseChallenges(field);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
