import { describe, expect, test } from 'vitest';
import { decideRedirect, REDIRECT_STATUSES } from '../../indexer/http/redirect.ts';

const FROM = 'https://git.example.test/attachments/1';

describe('decideRedirect', () => {
  test.each([
    { title: 'a path', location: '/api/v1/repos/a/b?page=2', to: 'https://git.example.test/api/v1/repos/a/b?page=2' },
    { title: 'a relative path', location: '2', to: 'https://git.example.test/attachments/2' },
    {
      title: 'another origin',
      location: 'https://s3.example.test/x?sig=1',
      foreign: true,
      to: 'https://s3.example.test/x?sig=1',
    },
    {
      title: 'another port',
      location: 'https://git.example.test:444/x',
      foreign: true,
      to: 'https://git.example.test:444/x',
    },
    { title: 'the last hop that is allowed', location: '/x', hops: 2, to: 'https://git.example.test/x' },
    {
      title: 'a user and a fragment, which are dropped',
      location: 'https://u:p@git.example.test/x#y',
      to: 'https://git.example.test/x',
    },
    {
      title: 'from http to https',
      from: 'http://h.test/x',
      location: 'https://h.test/x',
      foreign: true,
      to: 'https://h.test/x',
    },
  ])('follows $title', ({ from = FROM, location, foreign = false, hops = 0, to }) => {
    expect(decideRedirect(new URL(from), location, { hops, foreign }).href).toBe(to);
  });

  test.each([
    { title: 'no location', location: undefined, code: 'redirect' },
    { title: 'no URL', location: 'http://[', code: 'redirect' },
    { title: 'a file', location: 'file:///etc/passwd', foreign: true, code: 'redirect' },
    { title: 'data', location: 'data:text/plain,x', foreign: true, code: 'redirect' },
    { title: 'one hop too many', location: '/x', hops: 3, code: 'redirect' },
    { title: 'another origin where none may be', location: 'https://s3.example.test/x', code: 'redirect' },
    { title: 'another host by two slashes', location: '//s3.example.test/x', code: 'redirect' },
    { title: 'https to http', location: 'http://git.example.test/x', foreign: true, code: 'redirect' },
    { title: "Gitea's login page", location: '/user/login?redirect_to=%2Fattachments%2F1', code: 'auth' },
    { title: "Gitea's login page below a path", location: '/git/user/login', foreign: true, code: 'auth' },
  ])('refuses $title', ({ location, foreign = false, hops = 0, code }) => {
    const decide = () => decideRedirect(new URL(FROM), location, { hops, foreign });
    expect(decide).toThrow(expect.objectContaining({ code, message: expect.stringContaining('/attachments/1') }));
  });

  test('is asked for the five statuses that redirect a request', () => {
    expect([...REDIRECT_STATUSES]).toEqual([301, 302, 303, 307, 308]);
  });
});
