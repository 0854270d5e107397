import { describe, expect, test } from 'vitest';
import { renderSearchDocument } from '../../../indexer/site/search.ts';
import { openSearch } from '../../../indexer/site/search/open-search.ts';
import { CATALOGUE } from '../search-catalogue.ts';

describe('openSearch', () => {
  test('answers a list with what is needed to show each', async () => {
    const read = (): Promise<unknown> => Promise.resolve(renderSearchDocument(CATALOGUE));
    const { search, list } = await openSearch({ read, file: 'search/index.json' });
    expect(list?.name).toHaveLength(CATALOGUE.length);
    expect(await search({ text: 'vault', limit: 1 })).toEqual({
      hits: [
        {
          id: 'taskserv/vault',
          type: 'taskserv',
          name: 'vault',
          version: '1.0.0',
          description: 'Secrets, leases and encryption as a service',
          author: 'platform-team',
          sources: ['gitea'],
          tags: ['secrets'],
          deprecated: false,
          score: 100,
        },
      ],
      total: 1,
      complete: true,
    });
    const second = await search({ text: '', type: 'cluster', limit: 2, offset: 1 });
    expect(second).toMatchObject({ hits: [{ name: 'observability' }, { name: 'postgres' }], total: 4 });
  });
});
