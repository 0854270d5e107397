import { describe, expect, test } from 'vitest';
import { digestOf } from '../../indexer/model/digest.ts';
import type { PointerSource } from '../../indexer/model/documents.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import {
  renderCrawl,
  renderPointer,
  renderPointerSources,
  renderStatus,
  type SourceReport,
} from '../../indexer/site/reports.ts';
import {
  attachmentOf,
  catalogueExtension,
  catalogueOf,
  FIRST_CRAWL,
  memoryOf,
  releaseOf,
  THIS_CRAWL,
} from '../crawl/releases.ts';

const counts = { requests: 3, retries: 1, assets_read: 2, bytes_read: 10, duration_ms: 50 };
const good: SourceReport = { name: 'gitea', kind: 'gitea', counts };
const bad: SourceReport = { name: 'oci', kind: 'oci', counts, failure: { code: 'timeout', message: 'Too slow.' } };
const reference = { path: 'by-hash/x', digest: digestOf('x'), size: 1 };

function pointerOf(ids: string[], sources: PointerSource[] = []) {
  return renderPointer(catalogueOf(ids.map((id) => catalogueExtension(id, ['1.1.0', '1.0.0']))), {
    generation: 7,
    created: FIRST_CRAWL,
    checkedAt: THIS_CRAWL,
    manifest: reference,
    search: reference,
    sources,
  });
}

const problemOf = (source: string, code: Problem['code'], subject: string): Problem => ({
  code,
  source,
  subject,
  detail: 'It is so.',
  remedy: 'Do not.',
  first_seen: FIRST_CRAWL,
});

describe('renderPointer', () => {
  test('counts extensions, versions and types', () => {
    expect(pointerOf(['provider/a', 'provider/b', 'taskserv/a'])).toEqual({
      schema: 1,
      generation: 7,
      created: FIRST_CRAWL,
      checked_at: THIS_CRAWL,
      manifest: reference,
      counts: { extensions: 3, versions: 6, by_type: { provider: 2, taskserv: 1 } },
      search: reference,
      sources: [],
    });
  });

  test('counts a type that is named as a property of every object', () => {
    expect(pointerOf(['constructor/a']).counts.by_type).toEqual({ constructor: 1 });
  });
});

describe('renderPointerSources', () => {
  test('knows when each source last succeeded', () => {
    const before = [{ name: 'gitea', kind: 'gitea', last_success: FIRST_CRAWL, carried_since: FIRST_CRAWL }];
    expect(renderPointerSources([good], before, THIS_CRAWL)).toEqual([
      { name: 'gitea', kind: 'gitea', last_success: THIS_CRAWL },
    ]);
  });

  test('knows since when a failing source is carried forward, from its first failure on', () => {
    const before = [{ name: 'oci', kind: 'oci', last_success: FIRST_CRAWL }];
    const first = renderPointerSources([bad], before, THIS_CRAWL);
    expect(first).toEqual([{ name: 'oci', kind: 'oci', last_success: FIRST_CRAWL, carried_since: THIS_CRAWL }]);
    expect(renderPointerSources([bad], first, '2026-07-01T00:00:00Z')).toEqual(first);
  });

  test('knows no success of a source that never had one', () => {
    expect(renderPointerSources([bad], [], THIS_CRAWL)).toEqual([
      { name: 'oci', kind: 'oci', carried_since: THIS_CRAWL },
    ]);
  });
});

describe('renderStatus', () => {
  const memory = memoryOf({
    gitea: ['provider/a@1.0.0', 'provider/a@1.1.0', 'provider/b@1.0.0'].map((each) =>
      releaseOf(each, [attachmentOf('x')]),
    ),
  });

  test('has counts of each source, what ended its crawl, and the problems', () => {
    const problems = [
      problemOf('gitea', 'no_asset', 'provider/a@1.0.0'),
      problemOf('gitea', 'invalid_tag', 'acme/a'),
      problemOf('oci', 'no_asset', 'provider/b@1.0.0'),
    ];
    const sources = renderPointerSources([good, bad], [], THIS_CRAWL);
    const catalogue = { extensions: [], problems };
    expect(renderStatus({ catalogue, memory }, pointerOf([], sources), [good, bad])).toEqual({
      schema: 1,
      generation: 7,
      checked_at: THIS_CRAWL,
      sources: [
        { name: 'gitea', kind: 'gitea', last_success: THIS_CRAWL, extensions: 2, releases: 3, problems: 2 },
        {
          name: 'oci',
          kind: 'oci',
          carried_since: THIS_CRAWL,
          error: { code: 'timeout', message: 'Too slow.' },
          extensions: 0,
          releases: 0,
          problems: 1,
        },
      ],
      problems: { total: 3, by_code: { invalid_tag: 1, no_asset: 2 }, first: problems },
    });
  });

  test('spells out the first thousand problems and counts all', () => {
    const problems = Array.from({ length: 1_001 }, (_, i) => problemOf('gitea', 'no_asset', `provider/p${i}@1.0.0`));
    const status = renderStatus({ catalogue: { extensions: [], problems }, memory }, pointerOf([]), []);
    expect(status.problems.total).toBe(1_001);
    expect(status.problems.first).toEqual(problems.slice(0, 1_000));
  });
});

describe('renderCrawl', () => {
  test('has what each source cost', () => {
    expect(renderCrawl([good], FIRST_CRAWL, THIS_CRAWL)).toEqual({
      schema: 1,
      started_at: FIRST_CRAWL,
      finished_at: THIS_CRAWL,
      sources: [{ name: 'gitea', ...counts }],
    });
  });
});
