import { validateHeaderValue } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSafeAssetName } from '../../../indexer/model/asset-name.ts';
import type { VersionEntry } from '../../../indexer/model/documents.ts';
import { codeOf } from '../../../indexer/model/errors.ts';
import { extensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { planDownload } from '../../../proxy/download-plan.ts';
import { ApiError } from '../../../proxy/error-table.ts';
import { chooseAsset, resolveVersion } from '../../../proxy/resolve-version.ts';
import { check, costOf, outcomeOf, textOf } from './check.ts';

const ID = extensionId('provider', 'aws');
const TIME = '2026-01-01T00:00:00Z';

function entry(version: string, yanked = false): VersionEntry {
  return {
    version: parseVersion(version),
    published_at: TIME,
    first_seen: TIME,
    sources: ['gitea'],
    assets: [],
    ...(yanked && { yanked: { reason: 'broken' } }),
  };
}

type Triple = [number, number, number];

const compare = (a: Triple, b: Triple): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** A range as it is written, and whether it admits a version: by hand, not by semver's package. */
interface Range {
  text: string;
  admits: (version: Triple) => boolean;
}

const number = fc.nat({ max: 3 });
const triple: fc.Arbitrary<Triple> = fc.tuple(number, number, number);
const simpleRange: fc.Arbitrary<Range> = fc.oneof(
  triple.map((base): Range => ({
    text: `^${base.join('.')}`,
    admits: (version) => {
      const fixed = base.findIndex((each) => each > 0);
      return (
        compare(version, base) >= 0 && base.every((each, at) => at > (fixed < 0 ? 2 : fixed) || version[at] === each)
      );
    },
  })),
  triple.map((base): Range => ({
    text: `~${base.join('.')}`,
    admits: (version) => compare(version, base) >= 0 && version[0] === base[0] && version[1] === base[1],
  })),
  fc.tuple(number, fc.constantFrom('', '.x', '.*', '.X', '.x.x')).map(([major, end]): Range => ({
    text: `${major}${end}`,
    admits: (version) => version[0] === major,
  })),
  fc.tuple(number, number, fc.constantFrom('', '.x', '.*')).map(([major, minor, end]): Range => ({
    text: `${major}.${minor}${end}`,
    admits: (version) => version[0] === major && version[1] === minor,
  })),
  fc.tuple(triple, triple).map(([from, to]): Range => ({
    text: `${from.join('.')} - ${to.join('.')}`,
    admits: (version) => compare(version, from) >= 0 && compare(version, to) <= 0,
  })),
  fc
    .tuple(triple, triple, fc.constantFrom('>=', '>'), fc.constantFrom('<=', '<'))
    .map(([from, to, low, high]): Range => ({
      text: `${low}${from.join('.')} ${high}${to.join('.')}`,
      admits: (version) =>
        compare(version, from) >= (low === '>' ? 1 : 0) && compare(version, to) <= (high === '<' ? -1 : 0),
    })),
  fc.constantFrom('*', 'x', '>=0').map((text): Range => ({ text, admits: () => true })),
);
const range: fc.Arbitrary<Range> = fc.array(simpleRange, { minLength: 1, maxLength: 3 }).map((all) => ({
  text: all.map((each) => each.text).join(' || '),
  admits: (version) => all.some((each) => each.admits(version)),
}));
const released = fc.uniqueArray(fc.record({ version: triple, yanked: fc.boolean() }), {
  selector: (each) => each.version.join('.'),
  maxLength: 12,
});

describe('resolveVersion', () => {
  test('sends a range on to the highest version that it admits and that is not yanked', async () => {
    await check(
      1_500,
      fc.property(range, released, ({ text, admits }, all) => {
        const entries = all.map((each) => entry(each.version.join('.'), each.yanked));
        const fitting = all.filter((each) => !each.yanked && admits(each.version)).map((each) => each.version);
        const [best] = fitting.sort((a, b) => compare(b, a));
        const outcome = outcomeOf(() => resolveVersion(ID, entries, text));
        if (best !== undefined) expect(outcome).toEqual({ value: { redirect: best.join('.') } });
        else expect(outcome).toMatchObject({ error: { answer: { status: 404 } } });
      }),
    );
  });

  const pieces = [
    '>',
    '<',
    '=',
    '^',
    '~',
    'v',
    'x',
    '*',
    '.',
    '-',
    '+',
    ' ',
    '||',
    '0',
    '1',
    '999',
    'rc',
    '1.2.3',
    ' - ',
  ];
  const versions = Array.from({ length: 300 }, (_, at) =>
    entry(`${at % 7}.${at % 11}.${at}${at % 5 === 0 ? '-rc.1' : ''}`),
  );

  test('takes any text to a version that there is, to not_found or to invalid_version', async () => {
    await check(
      1_500,
      fc.property(textOf(pieces, 200), (text) => {
        const outcome = outcomeOf(() => resolveVersion(ID, versions, text));
        if ('error' in outcome) {
          const { error } = outcome;
          expect(error instanceof ApiError ? error.answer.body.error : codeOf(error)).toBeOneOf([
            'not_found',
            'invalid_version',
          ]);
        } else {
          const found = 'entry' in outcome.value ? outcome.value.entry.version : outcome.value.redirect;
          expect(versions.some((each) => each.version === found)).toBe(true);
        }
      }),
    );
  });

  test('CVE-2022-25883: costs little, whatever is asked for', async () => {
    const worst = fc.oneof(
      textOf(pieces, 128),
      fc.constantFrom(...pieces, '>  ', 'x||', '1.x ', '>=0 ').map((each) => each.repeat(128).slice(0, 128)),
      fc.constantFrom(' ', '-', '.', '0', '1').map((each) => `>${each.repeat(126)}>`),
      fc.tuple(fc.constantFrom(...pieces), fc.nat({ max: 100_000 })).map(([each, many]) => each.repeat(many)),
    );
    await check(
      300,
      fc.property(worst, (text) => {
        expect(costOf(() => outcomeOf(() => resolveVersion(ID, versions, text)))).toBeLessThan(100);
      }),
    );
  });

  test('takes the spelling of a version for itself', async () => {
    const identifiers = fc.array(fc.constantFrom('rc', '1', '0', 'a-b', '10x', '-'), { minLength: 1, maxLength: 3 });
    const part = (mark: string) =>
      fc.option(identifiers, { nil: undefined }).map((all) => (all === undefined ? '' : mark + all.join('.')));
    const spelling = fc.tuple(fc.constantFrom('', 'v'), triple, part('-'), part('+'));
    await check(
      500,
      fc.property(spelling, ([v, numbers, prerelease, build]) => {
        const version = parseVersion(numbers.join('.') + prerelease + build);
        const outcome = resolveVersion(ID, [entry(version)], v + version);
        expect(outcome).toMatchObject(v === '' ? { entry: { version } } : { redirect: version });
      }),
    );
  });
});

const safeName = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('aZ0üΩß漢._-+@~= ')), minLength: 1, maxLength: 60 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  )
  .filter(isSafeAssetName);
const anyName = fc.oneof(
  textOf(['a', 'ü', '.', '-', ' ', '+', '/', '\\', '"', "'", '(', '%', ';', '\n', '\0', '..', '__proto__'], 220),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.constantFrom('__proto__', 'constructor', 'length', '0'),
);

describe('a name that an asset may have', () => {
  test('can be said in every header, and is read back as it was', async () => {
    await check(
      800,
      fc.property(safeName, fc.nat({ max: 100 }), (name, size) => {
        const asset = { name, size, media_type: 'a/b', download_url: '/', locations: [] };
        const { headers } = planDownload({ method: 'GET' }, asset);
        for (const [field, value] of Object.entries(headers)) validateHeaderValue(field, value);
        expect(Object.values(headers).join('')).toMatch(/^[\x20-\x7e]*$/);
        const disposition = headers['content-disposition'] ?? '';
        const [, plain] = /^attachment; filename="([^"\\]*)"/.exec(disposition) ?? [];
        const [, extended] = /; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$/.exec(disposition) ?? [];
        expect(extended === undefined ? plain : decodeURIComponent(extended)).toBe(name);
        expect(new URL(encodeURIComponent(name), 'http://a/b/').pathname.split('/')).toHaveLength(3);
      }),
    );
  });

  test('is one segment, and no name of anything else', async () => {
    await check(
      800,
      fc.property(anyName, (name) => {
        if (isSafeAssetName(name)) expect(name).not.toMatch(/[/\\"%;\p{Cc}]|^\.|\.$/u);
        const nothing = outcomeOf(() => chooseAsset(ID, entry('1.0.0'), name));
        expect(nothing).toMatchObject({ error: { answer: { status: 404 } } });
      }),
    );
  });
});
