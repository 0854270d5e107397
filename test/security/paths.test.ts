import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../proxy/http.ts';
import { AWS_1_1, sharedWorld, startProxy } from '../proxy/world.ts';

const world = sharedWorld();

/** Segments that reach a handler decoded, and what else has fooled a router. */
const SEGMENTS = [
  '..',
  '.',
  '%2e%2e',
  '%2E%2E',
  '..%2f..',
  '..%2Fetc%2Fpasswd',
  '..%5c..',
  '..%5Cwindows',
  'a%2Fb',
  'a%5Cb',
  'a%00b',
  'a%0d%0ab',
  'a%0aSet-Cookie:%20x=y',
  'a%252Fb',
  '%252e%252e',
  'a;b',
  'a%3Bb',
  '%E2%80%AE',
  '%F0%9F%98%80',
  '%20',
  '-',
  '_proto_',
  '__proto__',
  'constructor',
  'toString',
  'AWS',
  '%c0%ae%c0%ae',
  '%zz',
  '%',
  'a'.repeat(101),
  'a'.repeat(300),
];

describe('the router: a decoded segment', () => {
  test.each(SEGMENTS)('%s is refused everywhere, in our words, and reaches no backend', async (segment) => {
    const { url, gitea, oci, config } = world();
    const paths = [
      `/api/v1/${segment}`,
      `/api/v1/by-type/${segment}`,
      `/api/v1/by-hash/sha256/${segment}/${segment}.json`,
      `/api/v1/extensions/${segment}/aws`,
      `/api/v1/extensions/provider/${segment}`,
      `/api/v1/extensions/provider/${segment}/versions`,
      `/api/v1/extensions/provider/${segment}/1.0.0`,
      `/api/v1/extensions/provider/aws/${segment}`,
      `/api/v1/extensions/provider/aws/${segment}/aws_prov.tar.gz`,
      `/api/v1/extensions/provider/aws/1.0.0/${segment}`,
      `/schema/v1/${segment}`,
      `/schema/v1/${segment}/../../package.json`,
    ];
    for (const path of paths) {
      const answer = await ask(url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404, 414]) as number });
      expect(answer.json).toEqual({ error: expect.any(String) as string, message: expect.any(String) as string });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).not.toContain(config.site.path);
    }
    expect([gitea.requests, oci.requests]).toEqual([[], []]);
  });

  test.each([
    ['/api/v1/extensions/provider/aws/%20', 400, 'invalid_version'],
    ['/api/v1/extensions/provider/%zz', 400, 'invalid_request'],
    [`/api/v1/extensions/provider/aws/${'1'.repeat(300)}`, 400, 'invalid_request'],
    [`/api/v1/extensions?q=${'1'.repeat(4_097)}`, 414, 'invalid_request'],
    ['/api/v1/extensions/provider/aws/1.0.0%0d%0aX-A:b', 400, 'invalid_version'],
    ['/api/v1/extensions/provider/aws/1.0.0/..%2fx', 400, 'invalid_request'],
    ['/api/v1/extensions/..%2f..%2fx/aws', 400, 'invalid_type'],
    ['/api/v1/../../package.json', 400, 'invalid_request'],
    ['/api/v1//extensions', 400, 'invalid_request'],
  ])('%.60s is %i %s', async (path, status, error) => {
    const { url } = world();
    const answer = await ask(url + path);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status, body: { error } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{16}$/);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  test.each([`/api/v1/extensions/provider/${'b'.repeat(101)}`, `/api/v1/extensions/provider/${'b'.repeat(300)}`])(
    'that is too long (%.40s…) is not repeated in the answer',
    async (path) => {
      const { text } = await ask(world().url + path);
      expect(text).not.toContain('b'.repeat(101));
    },
  );

  test('is decoded once: a doubly encoded name is another name', async () => {
    const { get } = world();
    expect((await get('/extensions/provider/%61ws')).status).toBe(200);
    expect((await get('/extensions/provider/%2561ws')).status).toBe(400);
    expect((await get('/extensions/provider/aws/1.0.0%252Fx')).status).toBe(400);
  });

  test.each(['//', '/api/v1/extensions//provider', '/api/v1/extensions/provider/aws//', '/api/v1/health/'])(
    '%s with an empty one is nothing',
    async (path) => {
      expect((await ask(world().url + path)).status).toBeOneOf([400, 404]);
    },
  );
});

describe('the router: two spellings of one build', () => {
  test('1.1.0+build.5 and 1.1.0%2Bbuild.5 are one resource with one ETag', async () => {
    const { get } = world();
    const [plain, encoded] = [
      await get('/extensions/provider/aws/1.1.0+build.5'),
      await get('/extensions/provider/aws/1.1.0%2Bbuild.5'),
    ];
    expect([plain.status, encoded.status]).toEqual([200, 200]);
    expect(encoded.headers.etag).toBe(plain.headers.etag);
    expect(plain.body.equals(AWS_1_1) && encoded.body.equals(AWS_1_1)).toBe(true);
  });
});

/** The advisories of @fastify/static that are about ways out of its folder, each with the forms that it is about. */
const ESCAPES = [
  ['CVE-2026-15074', '/../outside.txt'],
  ['CVE-2026-15074', '/schema/../../outside.txt'],
  ['CVE-2026-15074', '/schema/v1/../../../outside.txt'],
  ['CVE-2026-15074', '/%2e%2e/outside.txt'],
  ['CVE-2026-15074', '/.%2e/outside.txt'],
  ['CVE-2026-15074', '/schema/%2e%2e/%2e%2e/outside.txt'],
  ['CVE-2024-4956', '/%2F..%2F..%2F../outside.txt'],
  ['CVE-2024-4956', '/%2F%2F..%2Foutside.txt'],
  ['CVE-2026-6414', '/..%2foutside.txt'],
  ['CVE-2026-6414', '/%2e%2e%2foutside.txt'],
  ['CVE-2026-6414', '/schema/..%2f..%2foutside.txt'],
  ['CVE-2026-6414', '/..%5coutside.txt'],
  ['CVE-2026-6414', '/..%252foutside.txt'],
  ['CVE-2026-6414', '/..%255coutside.txt'],
  ['CVE-2026-7120', '//outside.txt'],
  ['CVE-2026-7120', '//../outside.txt'],
  ['CVE-2026-7120', '/./../outside.txt'],
  ['CVE-2026-7120', '/schema/./../../outside.txt'],
  ['CVE-2026-7120', '/..;/outside.txt'],
  ['CVE-2026-7120', '/%00/../outside.txt'],
] as const;

/** A folder with a page in it, and a secret beside it. */
async function startOverFolder() {
  const parent = await mkdtemp(join(tmpdir(), 'extension-registry-test-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const publicFolder = join(parent, 'public');
  await mkdir(join(publicFolder, 'schema', 'v1'), { recursive: true });
  await mkdir(join(publicFolder, 'api', 'v1'), { recursive: true });
  await writeFile(join(parent, 'outside.txt'), 'OUTSIDE');
  await writeFile(join(publicFolder, 'index.html'), 'INSIDE');
  await writeFile(join(publicFolder, '.hidden'), 'HIDDEN');
  await writeFile(join(publicFolder, 'api', '404.json'), '{}');
  await writeFile(join(publicFolder, 'api', 'v1', 'index.json'), 'GENERATED');
  return startProxy(world().config, { publicFolder });
}

describe('the hand-written files', () => {
  test.each(ESCAPES)('%s: are not left by %s', async (_id, path) => {
    const { url } = await startOverFolder();
    expect((await ask(`${url}/`)).text).toBe('INSIDE');
    const answer = await ask(url + path);
    expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404]) as number });
    expect(answer.text).not.toContain('OUTSIDE');
    expect(answer.json).toMatchObject({ error: expect.stringMatching(/^(not_found|invalid_request)$/) as string });
  });

  test.each(['/schema/v1/', '/schema/v1', '/schema/', '/api', '/api/'])(
    'GHSA-pr96-94w5-mx2h: are not listed at %s',
    async (path) => {
      const { url } = await startOverFolder();
      const answer = await ask(url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
    },
  );

  test.each(['/.hidden', '/%2ehidden', '/.git/config', '/index.html%00.txt', '/index.html/', '/.//index.html'])(
    'CVE-2026-7120: are served by their plain path alone, not by %s',
    async (path) => {
      const { url } = await startOverFolder();
      const answer = await ask(url + path);
      expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404]) as number });
      expect(answer.text).not.toMatch(/INSIDE|HIDDEN/);
    },
  );

  test.each([
    '/api%2fv1/index.json',
    '/api%2Fv1%2Findex.json',
    '/api//v1/index.json',
    '//api/v1/index.json',
    '/./api/v1/index.json',
    '/api/./v1/index.json',
    '/api/x/../v1/index.json',
    '/api/v1%2findex.json',
    '/%61pi/v1%2findex.json',
    '/api/v1/../v1/index.json',
  ])('CVE-2026-7120: are never the generated tree in the same folder (%s)', async (path) => {
    const { url } = await startOverFolder();
    expect((await ask(`${url}/api/404.json`)).status).toBe(200);
    const answer = await ask(url + path);
    expect({ path, status: answer.status }).toEqual({ path, status: expect.toBeOneOf([400, 404]) as number });
    expect(answer.text).not.toContain('GENERATED');
  });
});
