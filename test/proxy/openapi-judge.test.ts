import { describe, expect, test } from 'vitest';
import type { Answer } from './http.ts';
import { faultsOf } from './openapi.ts';

describe('the judge of answers', () => {
  const right = {
    'x-request-id': '0123456789abcdef',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  const answer = (changes: Partial<Answer>): Answer => {
    const text = '{"status":"healthy"}';
    const headers = { ...right, 'content-type': 'application/json; charset=utf-8' };
    return { status: 200, headers, body: Buffer.from(text), text, json: {}, complete: true, ...changes };
  };
  const asked = { method: 'GET', target: '/api/v1/health/ready' };

  test.each([
    [{}, []],
    [{ status: 418 }, ['the status 418 is not documented']],
    [{ headers: { ...right, 'content-type': 'text/html' } }, ['the content type text/html is not documented']],
    [{ text: '{"status":"healthy","more":1}' }, ['the body:  must NOT have additional properties']],
    [{ text: '{"status":"well"}' }, ['the body: /status must be equal to constant']],
    [{ text: '{}' }, ["the body:  must have required property 'status'"]],
  ])('finds in %j', (changes, faults) => {
    expect(faultsOf(asked, answer(changes))).toEqual(faults);
  });

  test('finds a missing and a wrong header, a path that is not there and a body where there is none', () => {
    const { 'x-request-id': _id, ...rest } = right;
    const headers = { ...rest, 'content-type': 'application/json', 'cache-control': 'public' };
    expect(faultsOf(asked, answer({ headers }))).toEqual([
      'X-Request-Id is missing',
      'Cache-Control:  must be equal to constant',
    ]);
    expect(faultsOf({ ...asked, target: '/elsewhere' }, answer({}))).toEqual(['the path is not documented']);
    expect(faultsOf({ ...asked, target: '/api/v1' }, answer({ status: 304 })).at(-1)).toBe('there is a body');
  });
});
