import { Agent } from 'node:http';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Item } from '../../../indexer/model/documents.ts';
import { ask, type Ask } from '../../proxy/http.ts';
import { AWS_1, sharedWorld } from '../../proxy/world.ts';
import { check, textOf } from './check.ts';

/*
 * The whole proxy, listening. Whatever is asked, the answer is one that the API knows, never a fault of ours; and two
 * spellings of one thing are one thing or refused.
 */

const world = sharedWorld();
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
afterAll(() => agent.destroy());

const get = (path: string, options: Ask = {}) => ask(world().url + path, { agent, ...options });

const AWS = '/api/v1/extensions/provider/aws';
/** Of every kind of answer. */
const KNOWN = [
  '/',
  '/index.html',
  '/schema/v1/item.schema.json',
  '/api/v1',
  '/api/v1/extensions',
  '/api/v1/extensions/search',
  '/api/v1/by-type/provider',
  '/api/v1/pages/1/index.json',
  AWS,
  `${AWS}/versions`,
  `${AWS}/1.0.0`,
  `${AWS}/1.1.0+build.5`,
  `${AWS}/latest`,
  `${AWS}/1.0.0/aws_prov.tar.gz`,
  '/api/v1/health/live',
];

function expectKnown({ status, text, headers }: { status: number; text: string; headers: object }): void {
  expect([200, 206, 302, 304, 400, 404, 405, 412, 414, 416, 431]).toContain(status);
  if (status < 400 || text === '') return;
  expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
  expect(JSON.parse(text)).toEqual({ error: expect.any(String) as string, message: expect.any(String) as string });
}

/** Each character as it is, or percent-encoded in either case. */
const spelling = fc.constantFrom(...KNOWN).chain((path) =>
  fc
    .array(fc.constantFrom('as it is', 'as it is', 'lower', 'upper'), {
      minLength: path.length,
      maxLength: path.length,
    })
    .map((how) => ({
      path,
      spelled: Array.from(path)
        .map((each, at) => {
          const encoded = `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`;
          if (at === 0 || how[at] === 'as it is') return each;
          return how[at] === 'lower' ? encoded.toLowerCase() : encoded.toUpperCase();
        })
        .join(''),
    })),
);

describe('a path', () => {
  test('in all percent-encoded spellings is one resource, or refused', async () => {
    await check(
      150,
      fc.asyncProperty(spelling, async ({ path, spelled }) => {
        const [plain, encoded] = [await get(path), await get(spelled)];
        if (encoded.status >= 400) {
          expectKnown(encoded);
          // Only where a separator was hidden is there nothing.
          expect(spelled).toMatch(/%2f/i);
          return;
        }
        expect(encoded.status).toBe(plain.status);
        expect([encoded.headers.etag, encoded.headers.location]).toEqual([plain.headers.etag, plain.headers.location]);
        expect(encoded.body.equals(plain.body)).toBe(true);
      }),
    );
  });

  test('of any segments is answered, and never by a fault', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'api',
        'v1',
        'extensions',
        'provider',
        'aws',
        'versions',
        'notes',
        'index.json',
        'search',
        '1.0.0',
      ),
      fc.constantFrom(
        'by-hash',
        'sha256',
        'schema',
        'latest',
        '^1',
        '%2e%2e',
        '..',
        '',
        '%00',
        '%ff',
        '%',
        '~',
        '*',
        '|',
      ),
      textOf(
        ['a', '%2f', '%5c', '.', '%25', '%', '-', ':', '@', '&', '=', '+', '$', ',', ';', "'", '(', '[', '{'],
        30,
      ).map((text) => text.replaceAll(/[^\x21-\x7e]/g, '').replaceAll(/[?#]/g, '')),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
    );
    const path = fc.tuple(
      fc.constantFrom('', '/api/v1', '/api/v1/extensions', AWS),
      fc.array(segment, { maxLength: 6 }),
    );
    await check(
      300,
      fc.asyncProperty(path, async ([base, segments]) => expectKnown(await get(`${base}/${segments.join('/')}`))),
    );
  });
});

describe('fields of a request', () => {
  const value = fc.oneof(
    textOf(['bytes', '=', '-', ',', '"', 'W/', '*', ';', 'q', '0', '5', '4999', 'gzip', 'a', ' '], 200),
    fc.constant(`"sha256:${'0'.repeat(64)}"`),
  );
  const fields = fc.dictionary(
    fc.constantFrom(
      'range',
      'if-range',
      'if-match',
      'if-none-match',
      'accept-encoding',
      'accept',
      'origin',
      'te',
      'expect-ct',
    ),
    value.map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '')),
  );

  test('of any value are answered, and never by a fault', async () => {
    await check(
      300,
      fc.asyncProperty(
        fc.constantFrom(...KNOWN),
        fc.constantFrom('GET', 'HEAD'),
        fields,
        async (path, method, headers) => {
          expectKnown(await get(path, { method, headers }));
        },
      ),
    );
  });

  test('that ask for a part get the slice of the asset', async () => {
    const position = fc.option(fc.nat({ max: AWS_1.length + 50 }), { nil: undefined });
    await check(
      100,
      fc.asyncProperty(position, position, async (first, last) => {
        const answer = await get(`${AWS}/1.0.0`, { headers: { range: `bytes=${first ?? ''}-${last ?? ''}` } });
        const isRange = (first ?? last) !== undefined && (first ?? 0) <= (last ?? Infinity);
        const from = first ?? Math.max(0, AWS_1.length - (last ?? 0));
        const slice = AWS_1.subarray(from, first === undefined || last === undefined ? AWS_1.length : last + 1);
        if (!isRange)
          expect({ status: answer.status, same: answer.body.equals(AWS_1) }).toEqual({ status: 200, same: true });
        else if (slice.length === 0) expect(answer.status).toBe(416);
        else expect({ status: answer.status, same: answer.body.equals(slice) }).toEqual({ status: 206, same: true });
      }),
    );
  });
});

describe('a query of the list', () => {
  const known = fc.record(
    {
      type: fc.constantFrom('', 'provider', 'taskserv', 'cluster'),
      source: fc.constantFrom('', 'gitea', 'oci'),
      limit: fc.integer({ min: 1, max: 8 }),
      offset: fc.nat({ max: 8 }),
      other: fc.string({ unit: 'binary', maxLength: 10 }),
    },
    { requiredKeys: [] },
  );

  test('is the slice of all that fits', async () => {
    const all = (await get('/api/v1/extensions')).json as Item[];
    await check(
      150,
      fc.asyncProperty(known, async (query) => {
        const { type, source, limit = all.length, offset = 0, other = '' } = query;
        const parameters = new URLSearchParams(
          Object.entries({ ...query, other: other.toWellFormed() }).map(([name, value]) => [name, String(value)]),
        );
        const answer = await get(`/api/v1/extensions?${parameters.toString()}`);
        const fitting = all
          .filter((item) => !type || item.type === type)
          .filter((item) => !source || item.source === source || item.sources!.includes(source));
        expect(answer.status).toBe(200);
        expect(answer.json).toEqual(fitting.slice(offset, offset + limit));
        const hasMore = query.limit !== undefined && offset + limit < fitting.length;
        expect(answer.headers['link'] !== undefined).toBe(hasMore);
      }),
    );
  });

  test('of any text is answered or refused, for the list and for search', async () => {
    const name = fc.oneof(
      fc.constantFrom('type', 'source', 'limit', 'offset', 'q', 'tag'),
      fc.string({ maxLength: 5 }),
    );
    const pair = fc.tuple(
      name,
      fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('1', '0', 'aws', '-1', '1e9')),
    );
    const raw = textOf(['?', '&', '=', '%', '%00', '%ff', '+', '[]', 'q', 'limit', '1', ';', '__proto__'], 200).map(
      (text) => text.replaceAll(/[^\x21-\x7e]/g, '').replaceAll('#', ''),
    );
    const query = fc.oneof(
      fc
        .array(pair, { maxLength: 4 })
        .map((pairs) =>
          new URLSearchParams(
            pairs.map(([key, value]): [string, string] => [key.toWellFormed(), value.toWellFormed()]),
          ).toString(),
        ),
      raw,
    );
    await check(
      300,
      fc.asyncProperty(
        fc.constantFrom('/api/v1/extensions', '/api/v1/extensions/search'),
        query,
        async (path, text) => {
          const answer = await get(`${path}?${text}`);
          expect([200, 400, 414]).toContain(answer.status);
          expectKnown(answer);
        },
      ),
    );
  });
});
