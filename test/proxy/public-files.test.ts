import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask } from './http.ts';
import { sharedWorld, startProxy, startWorld } from './world.ts';

const world = sharedWorld();

describe('the hand-written part of the site', () => {
  test('is served, with its own 404 page for people', async () => {
    const { url } = world();
    const page = await ask(`${url}/`);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=300',
    });
    expect(page.text).toContain('<h1>Extension registry</h1>');
    expect((await ask(`${url}/api/404.json`)).json).toMatchObject({ error: 'not_found' });
    const missing = await ask(`${url}/nope.html`, { headers: { accept: 'text/html,*/*' } });
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('There is no page here');
    expect((await ask(`${url}/nope.html`)).json).toMatchObject({ error: 'not_found' });
    expect((await ask(`${url}/api/nope`, { headers: { accept: 'text/html' } })).json).toMatchObject({
      error: 'not_found',
    });
  });

  test('is never the generated tree, though that lies in the same folder', async () => {
    const { config } = await startWorld();
    await writeFile(join(config.site.path, 'api', '404.json'), '{}');
    const { url } = await startProxy(config, { publicFolder: config.site.path });
    expect((await ask(`${url}/api/404.json`)).status).toBe(200);
    for (const path of [
      '/api%2fv1/index.json',
      '/api//v1/index.json',
      '//api/v1/index.json',
      '/./api/v1/index.json',
      '/api/./v1/index.json',
      '/api/x/../v1/index.json',
      '/api/v1%2findex.json',
    ]) {
      const answer = await ask(url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404]) as number });
      expect(answer.json).toMatchObject({ error: expect.any(String) as string });
    }
  });
});

describe('the hand-written files', () => {
  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/%2e%2e%2fpackage.json',
    '/..%5cpackage.json',
    '/..%252fpackage.json',
    '/schema/../../package.json',
    '/schema/..%2f..%2fpackage.json',
    '//package.json',
    '///etc/passwd',
    '/.//index.html',
    '/./index.html',
    '/schema/../index.html',
    '/index.html%00.txt',
    '/.git/config',
    '/.gitignore',
    '/schema/v1',
    '/schema/',
  ])('are not left by %s', async (path) => {
    const { url } = world();
    const answer = await ask(url + path);
    expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404]) as number });
    expect(answer.json).toMatchObject({ error: expect.stringMatching(/^(not_found|invalid_request)$/) as string });
  });
});
