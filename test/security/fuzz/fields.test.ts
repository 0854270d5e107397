import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../../indexer/http/challenge.ts';
import { parseNextLink } from '../../../indexer/http/link-header.ts';
import { chooseCoding } from '../../../proxy/accept-encoding.ts';
import { decideRange } from '../../../proxy/byte-range.ts';
import { isMatchFailed, isNoneMatch, isRangeCurrent } from '../../../proxy/entity-tag.ts';
import { linkToNext, parsePaging } from '../../../proxy/routes/paging.ts';
import { check, costOf, outcomeOf, textOf } from './check.ts';

/** RFC 9110, section 14, position by position. */
function rangeByHand(field: string, size: number): ReturnType<typeof decideRange> {
  const [unit, ...more] = field.split('=');
  const [first = '', last = '', ...rest] = more
    .join('=')
    .replaceAll(/^[ \t]+|[ \t]+$/g, '')
    .split('-');
  const isNumber = (text: string) => Array.from(text).every((each) => '0123456789'.includes(each)) && text.length <= 20;
  const isOne = more.length === 1 && rest.length === 0 && more[0]!.includes('-') && isNumber(first) && isNumber(last);
  if (unit!.toLowerCase() !== 'bytes' || !isOne || (first === '' && last === '')) return 'whole';
  if (first !== '' && last !== '' && BigInt(last) < BigInt(first)) return 'whole';
  // A suffix of nothing cannot be told by any Content-Range.
  if (first === '' && size === 0 && BigInt(last) > 0n) return 'whole';
  const asked = Array.from({ length: size }, (_, at) => BigInt(at)).filter((at) =>
    first === '' ? at >= BigInt(size) - BigInt(last) : at >= BigInt(first) && (last === '' || at <= BigInt(last)),
  );
  return asked.length === 0 ? 'unsatisfiable' : { first: Number(asked[0]), last: Number(asked.at(-1)) };
}

const rangeNumber = fc.oneof(
  fc.nat({ max: 40 }).map(String),
  fc.constantFrom('', '0', '00', '007', '99999999999999999999', '999999999999999999999', '9007199254740993'),
);
const rangeField = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('bytes=', 'BYTES=', 'bytes= ', 'bytes=\t'),
      rangeNumber,
      rangeNumber,
      fc.constantFrom('', ' '),
    )
    .map(([unit, first, last, end]) => `${unit}${first}-${last}${end}`),
  textOf(['bytes', '=', '-', ',', ' ', '\t', '0', '1', '25', '9'.repeat(21), 'items', '+', '.', 'x']),
);

describe('decideRange', () => {
  test('decides what the RFC says, position by position', async () => {
    await check(
      1_500,
      fc.property(rangeField, fc.nat({ max: 32 }), (field, size) => {
        expect(decideRange(field, size)).toEqual(rangeByHand(field, size));
      }),
    );
  });
});

const opaque = fc.string({
  unit: fc.constantFrom('a', 'b', ',', '*', 'W', '/', ':', '!', '~'),
  maxLength: 3,
});
const tag = fc.record({ weak: fc.boolean(), opaque });
const tagsField = fc
  .tuple(fc.array(tag, { maxLength: 5 }), fc.constantFrom(',', ', ', ' ,\t', ',,'))
  .map(([tags, separator]) => ({
    tags,
    field: tags.map((each) => `${each.weak ? 'W/' : ''}"${each.opaque}"`).join(separator),
  }));

describe('If-None-Match and If-Match', () => {
  test('find a tag in a list, weakly and strongly', async () => {
    await check(
      800,
      fc.property(tagsField, opaque, ({ tags, field }, own) => {
        const etag = `"${own}"`;
        expect(isNoneMatch(field, etag)).toBe(tags.some((each) => each.opaque === own));
        expect(isMatchFailed(field, etag)).toBe(!tags.some((each) => !each.weak && each.opaque === own));
        expect(isRangeCurrent(field, etag)).toBe(tags.length === 1 && !tags[0]!.weak && tags[0]!.opaque === own);
      }),
    );
  });

  test('take any text, quickly', async () => {
    await check(
      300,
      fc.property(textOf(['"', 'W/', 'a', ',', ' ', '*', '\\', '\t'], 16_000), (field) => {
        const text = field.repeat(Math.floor(16_000 / Math.max(1, field.length)));
        expect(costOf(() => [isNoneMatch(text, '"a"'), isMatchFailed(text, '"a"')])).toBeLessThan(50);
      }),
    );
  });
});

const coding = fc.record({
  name: fc.constantFrom('gzip', 'br', 'identity', '*', 'deflate', 'GZIP', 'x-gzip'),
  weight: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
});

describe('Accept-Encoding', () => {
  test('is given the coding that it weighs most, and never one that it refuses', async () => {
    await check(
      800,
      fc.property(fc.uniqueArray(coding, { selector: (each) => nameOf(each.name), maxLength: 5 }), (codings) => {
        const field = codings
          .map(({ name, weight }) => (weight === undefined ? name : `${name};q=${weight / 1_000}`))
          .join(', ');
        const weights = new Map(codings.map(({ name, weight = 1_000 }) => [nameOf(name), weight]));
        const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
        const identity = weights.get('identity') ?? 0;
        const chosen = chooseCoding(field);
        const best = Math.max(weightOf('br'), weightOf('gzip'));
        if (chosen === 'identity') expect(best === 0 || best < identity).toBe(true);
        else expect([weightOf(chosen), best > 0, best >= identity]).toEqual([best, true, true]);
      }),
    );
  });

  test('is taken as any text', async () => {
    await check(
      300,
      fc.property(textOf(['gzip', 'br', '*', ';', 'q', '=', '0', '.', '1', ',', ' ', '\t', 'x'], 4_000), (field) => {
        expect(['br', 'gzip', 'identity']).toContain(chooseCoding(field));
      }),
    );
  });
});

function nameOf(name: string): string {
  return name.toLowerCase() === 'x-gzip' ? 'gzip' : name.toLowerCase();
}

const parameter = fc.oneof(
  textOf(['0', '1', '9', '10', '1000', '1001', '+', '-', '.', 'e', ' ', 'x', '０']),
  fc.array(fc.string(), { maxLength: 3 }),
);
const query = fc.dictionary(fc.constantFrom('limit', 'offset', 'q', '__proto__', 'a b', 'ü', '\r\n'), parameter);

describe('paging', () => {
  test('is whole numbers within their bounds, or refused', async () => {
    await check(
      800,
      fc.property(query, (given) => {
        const outcome = outcomeOf(() => parsePaging(given));
        if ('error' in outcome) return;
        const { limit, offset } = outcome.value;
        expect(limit === undefined || (Number.isInteger(limit) && limit >= 1 && limit <= 1_000)).toBe(true);
        expect(Number.isInteger(offset) && offset >= 0 && offset <= 10_000_000).toBe(true);
      }),
    );
  });

  test('links to the next page with all that was asked for, in plain ASCII', async () => {
    await check(
      400,
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (given) => {
        const link = linkToNext(given, 20);
        expect(link).toMatch(/^<\?[\x21-\x7e]*>; rel="next"$/);
        const target = new URLSearchParams(parseNextLink(link));
        expect(target.get('offset')).toBe('20');
        const rest = Object.entries(given).filter(([name]) => name !== 'offset');
        for (const [name, value] of rest) expect(target.get(name)).toBe(value.toWellFormed());
      }),
    );
  });
});

describe('fields of a backend', () => {
  test.each([
    ['Link', parseNextLink, ['<', '>', ';', 'rel', '=', '"', 'next', ',', ' ', '\\', '/a?b=c', '\t']],
    ['WWW-Authenticate', parseChallenges, ['Bearer', ' ', 'realm', '=', '"', ',', '\\', 'a', '==', '\t', 'Basic']],
  ] as const)('%s is read or skipped, quickly, whatever it is', async (_field, parse, pieces) => {
    await check(
      400,
      fc.property(textOf(pieces, 16_000), (text) => {
        const long = text.repeat(Math.floor(16_000 / Math.max(1, text.length)));
        expect(costOf(() => [parse(text), parse(long)])).toBeLessThan(100);
      }),
    );
  });
});
