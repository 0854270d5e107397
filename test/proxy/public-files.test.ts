import { describe, expect, test } from 'vitest';
import { ask } from './http.ts';
import { sharedWorld } from './world.ts';

const world = sharedWorld();

describe('the hand-written part of the site', () => {
  test('is served, with its own 404 page for people', async () => {
    const { url } = world();
    const page = await ask(`${url}/`);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/,
      ),
    });
    expect(page.text).toContain('<h1>Extensions</h1>');
    expect((await ask(`${url}/api/404.json`)).json).toMatchObject({ error: 'not_found' });
    const missing = await ask(`${url}/nope.html`, { headers: { accept: 'text/html,*/*' } });
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('There is no page here');
    expect((await ask(`${url}/nope.html`)).json).toMatchObject({ error: 'not_found' });
    expect((await ask(`${url}/api/nope`, { headers: { accept: 'text/html' } })).json).toMatchObject({
      error: 'not_found',
    });
  });

  test('answers what is conditional, and no ranges', async () => {
    const { url } = world();
    const file = `${url}/schema/v1/item.schema.json`;
    const { headers } = await ask(file);
    expect(headers['accept-ranges']).toBeUndefined();
    expect((await ask(file, { headers: { 'if-none-match': headers.etag } })).status).toBe(304);
    expect((await ask(file, { headers: { range: 'bytes=0-1' } })).status).toBe(200);
    expect((await ask(file, { headers: { range: 'bytes=9999999-' } })).status).toBe(200);
    const other = await ask(file, { headers: { 'if-match': '"other"' } });
    expect({ status: other.status, body: other.json }).toMatchObject({
      status: 412,
      body: { error: 'precondition_failed' },
    });
  });

  test('says to caches that its 404 hangs on Accept, as below /api it does not', async () => {
    const { url } = world();
    for (const accept of ['text/html', 'application/json']) {
      const { status, headers } = await ask(`${url}/nope`, { headers: { accept } });
      expect({ status, vary: headers.vary }).toEqual({ status: 404, vary: 'Accept' });
    }
    expect((await ask(`${url}/api/nope`)).headers.vary).toBeUndefined();
  });
});
