import { describe, expect, test } from 'vitest';
import type { SearchDocument } from '../../../indexer/model/documents.ts';
import { createSearch, type SearchQuery } from '../../../indexer/site/search.ts';

const DOCUMENT: SearchDocument = {
  schema: 1,
  form: 'list',
  type: ['cluster', 'provider', 'provider', 'taskserv'],
  name: ['web', 'aws', 'old', 'redis'],
  version: ['1.0.0', '1.0.0', '1.0.0', '1.0.0'],
  description: ['', '', '', ''],
  author: ['', '', '', ''],
  source: [['gitea'], ['gitea', 'oci'], ['gitea'], ['oci']],
  tags: [[], ['Cloud'], ['cloud'], ['cache']],
  deprecated: [1],
  yanked: [2],
};

describe('a search without words', () => {
  test.each<[query: Omit<SearchQuery, 'text'>, rows: number[]]>([
    [{}, [0, 1, 3]],
    [{ type: 'provider' }, [1]],
    [{ source: 'oci' }, [1, 3]],
    [{ tag: 'CLOUD' }, [1]],
    [{ type: 'provider', source: 'oci', tag: 'cache' }, []],
  ])('answers the rows that pass %o, in the order of the list', (query, rows) => {
    const search = createSearch(DOCUMENT);
    expect(search.query({ text: ' ', ...query })).toEqual(rows.map((row) => ({ row, score: 0 })));
  });
});
