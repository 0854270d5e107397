import { describe, expect, test } from 'vitest';
import type { Item } from '../../indexer/model/documents.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { renderSearchDocument } from '../../indexer/site/search.ts';
import { answer, type Question } from '../../public/src/answer.ts';
import { parseListState } from '../../public/src/list-state.ts';

function itemOf(id: string, overrides: Partial<Item> = {}): Item {
  const [type = '', name = ''] = id.split('/');
  const text = { description: '', author: '', repository: '', source: 'gitea' };
  return { name, type, version: parseVersion('1.0.0'), ...text, published_at: '2026-01-01T00:00:00Z', ...overrides };
}

const ITEMS = [
  itemOf('cluster/web', { tags: ['example'], published_at: '2026-03-01T00:00:00Z' }),
  itemOf('provider/aws', { tags: ['cloud'], sources: ['gitea', 'oci'], published_at: '2026-04-01T00:00:00Z' }),
  itemOf('provider/hetzner', { tags: ['cloud', 'europe'], source: 'oci' }),
  itemOf('taskserv/aws', { yanked: true }),
];

function ask(query: string, { items = ITEMS, find = () => [] as number[] } = {}) {
  const question: Question = parseListState(query);
  const found = answer({ document: renderSearchDocument(items), items, find }, question);
  return { ...found, ids: found.rows.map(({ type, name }) => `${type}/${name}`) };
}

describe('answer', () => {
  test.each([
    ['', ['cluster/web', 'provider/aws', 'provider/hetzner', 'taskserv/aws']],
    ['?sort=name', ['provider/aws', 'taskserv/aws', 'provider/hetzner', 'cluster/web']],
    ['?sort=newest', ['provider/aws', 'cluster/web', 'provider/hetzner', 'taskserv/aws']],
    ['?type=provider', ['provider/aws', 'provider/hetzner']],
    ['?type=provider&type=cluster', ['cluster/web', 'provider/aws', 'provider/hetzner']],
    ['?source=oci', ['provider/aws', 'provider/hetzner']],
    ['?tag=cloud&tag=europe', ['provider/hetzner']],
    ['?tag=nothing', []],
  ])('to %j is %j', (query, ids) => {
    expect(ask(query).ids).toEqual(ids);
  });

  test('to words is in the order in which they were found, unless another is chosen', () => {
    const find = (): number[] => [2, 0];
    expect(ask('?q=x', { find }).ids).toEqual(['provider/hetzner', 'cluster/web']);
    expect(ask('?q=x&sort=newest', { find }).ids).toEqual(['cluster/web', 'provider/hetzner']);
  });

  test('counts what a further type or source would add, and what a further tag would leave', () => {
    const { facets, total } = ask('?type=provider');
    expect(total).toBe(2);
    expect(facets).toEqual({
      type: [
        ['provider', 2],
        ['cluster', 1],
        ['taskserv', 1],
      ],
      source: [
        ['oci', 2],
        ['gitea', 1],
      ],
      tag: [
        ['cloud', 2],
        ['europe', 1],
      ],
    });
  });

  test('keeps a chosen value that leaves nothing, so that it can be taken away', () => {
    expect(ask('?type=provider&tag=example').facets.tag).toEqual([['example', 0]]);
  });

  test('has so many rows as are shown, and counts all', () => {
    const items = Array.from({ length: 120 }, (_, at) => itemOf(`provider/x${at}`));
    expect(ask('', { items }).rows).toHaveLength(50);
    expect(ask('?show=100', { items })).toMatchObject({ total: 120, rows: { length: 100 } });
  });
});
