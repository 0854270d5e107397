import { describe, expect, test } from 'vitest';
import { readCatalogue, readQueries } from './catalogue.ts';

const catalogue = readCatalogue();
const queries = readQueries();

describe('the relevance set', () => {
  test('has a catalogue of 300 different extensions and more than 100 queries whose answers are in it', () => {
    const ids = new Set(catalogue.map(({ type, name }) => `${type}/${name}`));
    expect(ids.size).toBe(300);
    expect(queries.length).toBeGreaterThanOrEqual(140);
    expect(queries.flatMap(({ right }) => right).filter((each) => !ids.has(each))).toEqual([]);
  });
});
