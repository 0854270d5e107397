import { describe, expect, test } from 'vitest';
import type { Pointer } from '../../indexer/model/documents.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { renderNotification, type ChangedExtension, type News } from '../../indexer/notify/notification.ts';

const TIME = '2026-06-01T12:00:00Z';
const EARLIER = '2026-06-01T11:00:00Z';

const pointer = (sources: Pointer['sources'] = []): Pointer => ({
  schema: 1,
  generation: 7,
  created: TIME,
  checked_at: TIME,
  manifest: { path: 'a', digest: 'sha256:0' as never, size: 1 },
  search: { path: 'b', digest: 'sha256:0' as never, size: 1 },
  counts: { extensions: 1, versions: 2, by_type: { provider: 1 } },
  sources,
});

const news = (overrides: Partial<News> = {}): News => ({
  before: pointer(),
  after: pointer(),
  changed: [],
  problems: [],
  time: TIME,
  ...overrides,
});

const version = (text: string, yanked?: string): ChangedExtension['after'][number] => ({
  version: parseVersion(text),
  sources: ['gitea', 'oci'],
  ...(yanked !== undefined && { yanked }),
});

const aws = parseExtensionId('provider/aws');
const mutation: Problem = {
  code: 'mutated',
  source: 'gitea',
  subject: 'provider/aws@1.0.0+b',
  detail: 'The asset a is now another.',
  remedy: 'Do not.',
  first_seen: TIME,
};

describe('renderNotification', () => {
  test('has nothing to tell of a publication without news', () => {
    expect(renderNotification(news())).toBeUndefined();
    expect(renderNotification(news({ problems: [{ ...mutation, first_seen: EARLIER }] }))).toBeUndefined();
    expect(renderNotification(news({ problems: [{ ...mutation, code: 'no_asset' }] }))).toBeUndefined();
  });

  test('tells of versions that were not listed before', () => {
    const changed = [
      { id: aws, before: [{ version: parseVersion('1.0.0') }], after: ['1.1.0', '1.0.0'].map((each) => version(each)) },
    ];
    expect(renderNotification(news({ changed }))).toEqual({
      type: 'site.published',
      timestamp: TIME,
      data: {
        generation: 7,
        counts: { extensions: 1, versions: 2, by_type: { provider: 1 } },
        added: { total: 1, first: [{ type: 'provider', name: 'aws', version: '1.1.0', source: 'gitea' }] },
        yanked: { total: 0, first: [] },
        mutated: { total: 0, first: [] },
        sources_down: [],
        sources_up: [],
      },
    });
  });

  test('tells of versions that were offered and are yanked', () => {
    const before = [{ version: parseVersion('1.1.0') }, { version: parseVersion('1.0.0'), yanked: { reason: 'old' } }];
    const after = [version('1.2.0', 'never offered'), version('1.1.0', 'broken'), version('1.0.0', 'old')];
    const told = renderNotification(news({ changed: [{ id: aws, before, after }] }));
    expect(told?.data.yanked).toEqual({
      total: 1,
      first: [{ type: 'provider', name: 'aws', version: '1.1.0', reason: 'broken' }],
    });
  });

  test('tells of mutations that this crawl has found, their detail cut', () => {
    const problems = [{ ...mutation, detail: 'x'.repeat(10_000) }];
    expect(renderNotification(news({ problems }))?.data.mutated).toEqual({
      total: 1,
      first: [{ type: 'provider', name: 'aws', version: '1.0.0+b', source: 'gitea', detail: 'x'.repeat(500) }],
    });
  });

  test('names the first fifty of each, and counts all', () => {
    const after = Array.from({ length: 1_000 }, (_each, at) => version(`1.${at}.0`));
    const told = renderNotification(news({ changed: [{ id: aws, before: [], after }] }));
    expect(told?.data.added.total).toBe(1_000);
    expect(told?.data.added.first.map((each) => each.version)).toEqual(after.slice(0, 50).map((each) => each.version));
    expect(JSON.stringify(told).length).toBeLessThan(8_000);
  });

  test('stays below 300 KB whatever there is to tell', () => {
    const id = parseExtensionId(`${'t'.repeat(100)}/${'n'.repeat(100)}`);
    const text = '\u{1F680}'.repeat(600);
    const numbers = Array.from({ length: 200 }, (_each, at) => at);
    const long = (at: number, reason?: string) => version(`1.${at}.0-${'a'.repeat(110)}`, reason);
    const changed = [
      { id, before: [], after: numbers.map((at) => long(at)) },
      {
        id,
        before: numbers.map((at) => ({ version: long(at).version })),
        after: numbers.map((at) => long(at, text.slice(0, 1_000))),
      },
    ];
    const subject = `${id}@${long(1).version}`;
    const problems = numbers.map(() => ({ ...mutation, source: 's'.repeat(100), subject, detail: text }));
    const told = renderNotification(news({ changed, problems }));
    expect(told?.data).toMatchObject({ added: { total: 200 }, yanked: { total: 200 }, mutated: { total: 200 } });
    expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(300_000);
  });

  test('tells of a source that went down and of one that came back, once', () => {
    const gitea = { name: 'gitea', kind: 'gitea', last_success: TIME };
    const oci = { name: 'oci', kind: 'oci', last_success: EARLIER };
    const down = pointer([gitea, { ...oci, carried_since: TIME }]);
    const up = pointer([gitea, { ...oci, last_success: '2026-06-01T13:00:00Z' }]);
    const tell = (before: Pointer, after: Pointer) => renderNotification(news({ before, after }))?.data;
    expect(tell(pointer([gitea, oci]), down)).toMatchObject({
      sources_down: [{ name: 'oci', kind: 'oci', since: TIME }],
      sources_up: [],
    });
    expect(tell(down, down)).toBeUndefined();
    expect(tell(down, up)).toMatchObject({
      sources_down: [],
      sources_up: [{ name: 'oci', kind: 'oci', since: '2026-06-01T13:00:00Z' }],
    });
  });
});
