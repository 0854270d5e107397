import { describe, expect, test } from 'vitest';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import { applyPolicy, isHidden, withoutHidden, type PolicyRule } from '../../indexer/model/policy.ts';
import type { Finding } from '../../indexer/model/problem.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';

function targetOf(text: string): PolicyRule['target'] {
  const [id = '', range] = text.split('@');
  return { text, id: parseExtensionId(id), ...(range !== undefined && { range }) };
}

const yank = (text: string, reason = 'Because.'): PolicyRule => ({ action: 'yank', target: targetOf(text), reason });
const hide = (text: string): PolicyRule => ({ action: 'hide', target: targetOf(text), reason: 'Because.' });
const deprecate = (text: string, message = 'Old.', replacement?: string): PolicyRule => ({
  action: 'deprecate',
  target: targetOf(text),
  message,
  ...(replacement !== undefined && { replacement: parseExtensionId(replacement) }),
});

const VERSIONS = ['2.0.0-rc.1', '1.2.0', '1.2.0-rc.1', '1.1.0+b.2', '1.1.0+b.1', '1.1.0', '0.9.0'];
const aws = () => catalogueExtension('provider/aws', VERSIONS);

/** The versions that a rule of this range marks. */
function matched(range: string): string[] {
  const [extension] = applyPolicy([aws()], [yank(`provider/aws${range}`)]).extensions;
  return (extension?.versions ?? []).filter((each) => each.yanked !== undefined).map((each) => each.version);
}

describe('a rule', () => {
  test.each([
    ['', VERSIONS],
    ['@*', VERSIONS],
    ['@1.1.0', ['1.1.0']],
    ['@v1.1.0', ['1.1.0']],
    ['@1.1.0+b.2', ['1.1.0+b.2']],
    ['@=1.1.0', ['1.1.0+b.2', '1.1.0+b.1', '1.1.0']],
    ['@2.0.0-rc.1', ['2.0.0-rc.1']],
    ['@1.x', ['1.2.0', '1.2.0-rc.1', '1.1.0+b.2', '1.1.0+b.1', '1.1.0']],
    ['@^1.2', ['1.2.0', '1.2.0-rc.1']],
    ['@<1.2', ['1.1.0+b.2', '1.1.0+b.1', '1.1.0', '0.9.0']],
    ['@<1.2.0', ['1.2.0-rc.1', '1.1.0+b.2', '1.1.0+b.1', '1.1.0', '0.9.0']],
    ['@>=1.2 || 0.9', ['2.0.0-rc.1', '1.2.0', '1.2.0-rc.1', '0.9.0']],
    ['@>=3', []],
    ['@1.1.0+b.3', []],
  ])('about provider/aws%s is about these versions', (range, versions) => {
    expect(matched(range)).toEqual(versions);
  });

  test('is about no other extension', () => {
    const others = ['provider/aws2', 'taskserv/aws', 'cluster/x'].map((each) => catalogueExtension(each, ['1.0.0']));
    expect(applyPolicy(others, [hide('provider/aws')]).extensions).toEqual(others);
  });
});

describe('applyPolicy', () => {
  test('without rules leaves everything as it is', () => {
    const extensions = [aws()];
    expect(applyPolicy(extensions, [])).toEqual({ extensions, findings: [] });
  });

  test('marks what is yanked and what is deprecated, with what its publisher is told', () => {
    const { extensions } = applyPolicy(
      [catalogueExtension('a/b', ['1.0.0'])],
      [yank('a/b', 'It leaks.'), deprecate('a/b', 'Old.', 'a/c')],
    );
    expect(extensions[0]?.versions).toEqual([
      catalogueVersion('1.0.0', { yanked: 'It leaks.', deprecated: { message: 'Old.', replacement: 'a/c' } }),
    ]);
  });

  test('lets the first of several rules of one kind stand', () => {
    const rules = [
      yank('a/b@1.x', 'First.'),
      yank('a/b', 'Second.'),
      deprecate('a/b', 'One.'),
      deprecate('a/b', 'Two.'),
    ];
    const { extensions, findings } = applyPolicy([catalogueExtension('a/b', ['2.0.0', '1.0.0'])], rules);
    expect(extensions[0]?.versions.map(({ yanked, deprecated }) => [yanked, deprecated?.message])).toEqual([
      ['Second.', 'One.'],
      ['First.', 'One.'],
    ]);
    // One whose every version an earlier rule has taken is about something all the same.
    expect(findings).toEqual([]);
  });

  test('takes out what is hidden, and the extension that has nothing left', () => {
    const extensions = [catalogueExtension('a/b', ['2.0.0', '1.0.0']), catalogueExtension('a/c', ['1.0.0'])];
    const applied = applyPolicy(extensions, [hide('a/b@1.x'), yank('a/b@1.x'), hide('a/c')]);
    expect(applied.extensions).toEqual([catalogueExtension('a/b', ['2.0.0'])]);
    expect(applied.findings).toEqual([]);
  });

  test('finds each rule that is about nothing', () => {
    const rules = [hide('a/b@>=9'), yank('a/x'), deprecate('a/b@1.0.0'), yank('a/b@1.0.0+b')];
    expect(applyPolicy([catalogueExtension('a/b', ['1.0.0'])], rules).findings).toEqual([
      {
        code: 'unmatched_rule',
        source: 'policy',
        subject: 'a/b@>=9',
        detail: 'The rule to hide a/b@>=9 is about no version that there is.',
        extension: 'a/b',
      },
      expect.objectContaining({ subject: 'a/x' }),
      expect.objectContaining({ subject: 'a/b@1.0.0+b' }),
    ]);
  });

  test('changes nothing that it was given', () => {
    const extensions = [aws()];
    const before = structuredClone(extensions);
    applyPolicy(extensions, [yank('provider/aws@1.x'), hide('provider/aws@2.0.0-rc.1')]);
    expect(extensions).toEqual(before);
  });
});

describe('isHidden', () => {
  const rules = [hide('a/b@1.x'), hide('a/c'), yank('a/d'), hide('a/e@1.x')];
  const visible = { rules, shown: new Set(['a/b', 'a/c', 'a/d']) };
  const about = (subject: string, rest: Partial<Finding> = {}) =>
    isHidden({ code: 'no_asset', source: 'gitea', subject, detail: '', ...rest }, visible);

  test.each([
    ['a/b@1.0.0', true],
    ['a/b@2.0.0', false],
    ['a/b', false],
    ['a/c@9.9.9', true],
    ['a/c', true],
    ['a/d@1.0.0', false],
    ['a/e@1.0.0', true],
    ['a/e@2.0.0', false],
    ['a/e', true],
    ['a/f', false],
    ['acme/b_prov "nightly"', false],
  ])('of %s is %s', (subject, hidden) => {
    expect(about(subject)).toBe(hidden);
  });

  test.each([
    ['a/b', false],
    ['a/c', true],
    ['a/d', false],
    ['a/e', true],
    ['a/f', false],
  ])('of a repository of %s is %s', (id, hidden) => {
    for (const subject of ['acme/x_prov "1.0.0"', 'acme/x_prov', 'acme/x-provider:nightly']) {
      expect(about(subject, { extension: parseExtensionId(id) })).toBe(hidden);
    }
  });

  test.each([
    ['a/b@1.x', true],
    ['a/b@>=2', false],
    ['a/b@1.2.0', true],
    ['a/b@2.0.0', false],
    ['a/c', true],
    ['a/c@<2', true],
    ['a/d', false],
    ['a/e@1.x', true],
  ])('of a rule about nothing, %s, is %s', (text, hidden) => {
    const extension = parseExtensionId(text.split('@')[0]!);
    expect(about(text, { code: 'unmatched_rule', source: 'policy', extension })).toBe(hidden);
  });
});

describe('withoutHidden', () => {
  const PLAIN = 'It could not be read; the report of the indexer says why.';
  const rules = [hide('provider/secret@1.x'), yank('provider/aws')];

  test.each([
    ['gitea: /api/v1/repos/acme/secret_prov/releases failed within (HTTP 500).', PLAIN],
    ['gitea: /api/v1/repos/acme/Secret_Prov/releases failed within (HTTP 500).', PLAIN],
    ['gitea: /api/v1/repos/acme/aws_prov/releases failed within (HTTP 500).', undefined],
  ])('of %s is %s', (message, told = message) => {
    expect(withoutHidden(message, rules)).toBe(told);
  });
});
