import { describe, expect, test } from 'vitest';
import { onBase, parseNextLink } from '../../indexer/http/link-header.ts';

describe('parseNextLink', () => {
  test.each<{ title: string; field: string | string[] | undefined; next: string | undefined }>([
    { title: 'no field', field: undefined, next: undefined },
    { title: 'distribution', field: '</v2/_catalog?last=a%2Fb&n=2>; rel="next"', next: '/v2/_catalog?last=a%2Fb&n=2' },
    { title: 'zot', field: '</v2/_catalog?n=2&last=exts/ext-a>; rel="next"', next: '/v2/_catalog?n=2&last=exts/ext-a' },
    {
      title: 'Gitea in the middle of a list',
      field: '<http://h/x?page=3>; rel="next",<http://h/x?page=9>; rel="last",<http://h/x?page=1>; rel="first"',
      next: 'http://h/x?page=3',
    },
    {
      title: 'Gitea at its end',
      field: '<http://h/x?page=1>; rel="first",<http://h/x?page=2>; rel="prev"',
      next: undefined,
    },
    { title: 'several fields', field: ['</a>; rel="prev"', '</b>; rel="next"'], next: '/b' },
    { title: 'no quotes', field: '</a>;rel=next', next: '/a' },
    { title: 'several relations', field: '</a>; rel="last NEXT"', next: '/a' },
    { title: 'other parameters before', field: '</a>; title="x, y"; type=text; rel=next', next: '/a' },
    { title: 'a comma in the target', field: '</a?x=1,2>; rel="next"', next: '/a?x=1,2' },
    { title: 'a title that says next', field: '</a>; title="; rel=next"; rel="prev"', next: undefined },
    { title: 'a second relation, which does not count', field: '</a>; rel="prev"; rel="next"', next: undefined },
    { title: 'an empty target', field: '<>; rel="next"', next: '' },
    { title: 'no target', field: '/a; rel="next"', next: undefined },
  ])('reads $title', ({ field, next }) => {
    expect(parseNextLink(field)).toBe(next);
  });

  test('reads a hostile field in no time', () => {
    const fields = [
      '<'.repeat(16_000),
      `<a>${' ;a'.repeat(5_000)}`,
      `<a>${';\t'.repeat(8_000)}`,
      `<a>; rel="${'n '.repeat(8_000)}`,
    ];
    const before = performance.now();
    for (const field of fields) parseNextLink(field);
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe('onBase', () => {
  const asked = new URL('https://git.example.test:8443/api/v1/orgs/acme/repos?page=1');

  test.each([
    { link: 'http://root.example.test/api/v1/orgs/acme/repos?page=2', stays: '/api/v1/orgs/acme/repos?page=2' },
    { link: '/v2/_catalog?last=a%2Fb', stays: '/v2/_catalog?last=a%2Fb' },
    { link: '?page=2', stays: '/api/v1/orgs/acme/repos?page=2' },
    { link: '//evil.example.test/x', stays: '/x' },
    // Parsed once more, its path would be another host.
    { link: 'http://root.example.test//evil.example.test/x', stays: '//evil.example.test/x' },
    { link: 'https://user:password@evil.example.test/x', stays: '/x' },
    { link: 'javascript:alert(1)', stays: '/alert(1)' },
    { link: '../../x', stays: '/api/v1/x' },
  ])('keeps path and query of $link', ({ link, stays }) => {
    expect(onBase(asked, link)?.href).toBe(`https://git.example.test:8443${stays}`);
  });

  test('gives nothing for what is no URL', () => {
    expect(onBase(asked, 'http://[')).toBeUndefined();
  });
});
