import { describe, expect, test } from 'vitest';
import {
  createFilter,
  parseSearchText,
  type SearchFilters,
  type SearchQuery,
} from '../../../indexer/site/search/query.ts';

describe('parseSearchText', () => {
  test.each<[text: string, query: SearchQuery]>([
    ['', { text: '' }],
    ['  aws   backup ', { text: 'aws backup' }],
    [
      'type:provider tag:x "exact phrase" words',
      { text: 'words', type: 'provider', tag: ['x'], phrases: ['exact phrase'] },
    ],
    ['TYPE:Provider Source:OCI author:Ada', { text: '', type: 'provider', source: 'oci', author: 'ada' }],
    ['tag:cloud tag:"load balancer"', { text: '', tag: ['cloud', 'load balancer'] }],
    ['type:provider type:cluster', { text: '', type: 'cluster' }],
    ['type: aws tag:', { text: 'aws' }],
    ['type:"" aws', { text: 'aws' }],
    ['"not closed yet', { text: '', phrases: ['not closed yet'] }],
    ['""', { text: '' }],
    ['https://example.org name:aws', { text: 'https://example.org name:aws' }],
    ['mytype:aws', { text: 'mytype:aws' }],
  ])('parses %j', (text, query) => {
    expect(parseSearchText(text)).toEqual(query);
  });

  test('reads no more than the first 1,024 characters and eight tags and phrases', () => {
    expect(parseSearchText(`${' '.repeat(1_024)}aws`)).toEqual({ text: '' });
    expect(parseSearchText('tag:a '.repeat(100)).tag).toHaveLength(8);
    expect(parseSearchText('"a" '.repeat(100)).phrases).toHaveLength(8);
  });
});

describe('createFilter', () => {
  const harbor = {
    type: 'provider',
    name: 'harbor-robot',
    description: 'Robot accounts, and réseaux privés; 自动日志收集器',
    author: 'Plattform-Team',
    sources: ['gitea', 'oci'],
    tags: ['OCI', 'load-balancer'],
  };

  test.each<[filters: SearchFilters, passes: boolean]>([
    [{}, true],
    [{ type: 'provider', source: 'oci', tag: 'oci', author: 'plattform-team' }, true],
    [{ type: 'taskserv' }, false],
    [{ source: 'o' }, false],
    [{ tag: 'load' }, false],
    [{ tag: ['óci', 'LOAD-balancer'] }, true],
    [{ tag: ['oci', 'other'] }, false],
    [{ author: 'plattform' }, false],
    [{ phrases: ['robot accounts'] }, true],
    [{ phrases: ['robot account'] }, false],
    [{ phrases: ['obot accounts'] }, false],
    [{ phrases: ['accounts robot'] }, false],
    [{ phrases: ['harbor robot'] }, true],
    [{ phrases: ['load balancer', 'Reseaux Prives'] }, true],
    [{ phrases: ['harbor robot accounts'] }, false],
    [{ phrases: ['日志收集'] }, true],
    [{ phrases: [' '] }, true],
    [{ phrases: ['(robot'] }, true],
    [{ phrases: ['and réseaux'] }, true],
    [{ phrases: ['日志 收集'] }, false],
    [{ type: 'constructor' }, false],
  ])('%j: %s', (filters, passes) => {
    expect(createFilter(filters)?.(harbor) ?? true).toBe(passes);
  });
});
