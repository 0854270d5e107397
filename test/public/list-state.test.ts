import { describe, expect, test } from 'vitest';
import { isWholeList, parseListState, renderListState, toggleFilter } from '../../public/src/list-state.ts';

describe('parseListState', () => {
  test.each([
    ['', { text: '', type: [], source: [], tag: [], sort: 'best', shown: 50 }],
    [
      '?q=redis&type=taskserv&type=cluster&tag=a%26b&sort=name&show=150',
      { text: 'redis', type: ['taskserv', 'cluster'], tag: ['a&b'], sort: 'name', shown: 150 },
    ],
    ['?type=x&type=x&type=', { type: ['x'] }],
    ['?sort=colour&show=1e9&other=1', { sort: 'best', shown: 10_000 }],
    ['?show=-5', { shown: 50 }],
    ['?show=NaN', { shown: 50 }],
    [`?q=${'a'.repeat(10_000)}`, { text: 'a'.repeat(256) }],
  ])('reads %j', (search, expected) => {
    expect(parseListState(search)).toMatchObject(expected);
  });

  test.each(['', '?q=a+b&type=x&source=y&tag=z&sort=newest&show=100', '?tag=%3Cscript%3E'])(
    'is what renderListState writes: %j',
    (search) => {
      expect(renderListState(parseListState(search))).toBe(search);
    },
  );
});

describe('toggleFilter', () => {
  test('sets a value, takes it away again, and begins at the top', () => {
    const state = parseListState('?type=a&show=200');
    expect(toggleFilter(state, 'type', 'b')).toMatchObject({ type: ['a', 'b'], shown: 50 });
    expect(toggleFilter(state, 'type', 'a')).toMatchObject({ type: [] });
  });
});

describe('isWholeList', () => {
  test.each([
    ['', true],
    ['?show=100', true],
    ['?q=%20', true],
    ['?q=a', false],
    ['?tag=a', false],
    ['?sort=name', false],
  ])('of %j is %j', (search, expected) => {
    expect(isWholeList(parseListState(search))).toBe(expected);
  });
});
