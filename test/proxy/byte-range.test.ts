import { describe, expect, test } from 'vitest';
import { decideRange } from '../../proxy/byte-range.ts';

describe('decideRange', () => {
  test.each([
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=10-', { first: 10, last: 99 }],
    ['bytes=99-', { first: 99, last: 99 }],
    ['bytes=0-99', { first: 0, last: 99 }],
    ['bytes=90-1000', { first: 90, last: 99 }],
    ['bytes=0-99999999999999999999', { first: 0, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-100', { first: 0, last: 99 }],
    ['bytes=-1000', { first: 0, last: 99 }],
    ['BYTES=1-2', { first: 1, last: 2 }],
    ['bytes= 1-2 ', { first: 1, last: 2 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=5-3', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=0-1,', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1', 'whole'],
    ['bytes=--1', 'whole'],
    ['bytes=1-2-3', 'whole'],
    ['bytes=0x1-2', 'whole'],
    ['bytes 0-1', 'whole'],
    ['items=0-1', 'whole'],
    [`bytes=${'9'.repeat(21)}-`, 'whole'],
  ])('takes %j of 100 bytes to %j', (field, decision) => {
    expect(decideRange(field, 100)).toEqual(decision);
  });

  test.each([
    ['bytes=0-', 'unsatisfiable'],
    ['bytes=-5', 'whole'],
    ['bytes=-0', 'unsatisfiable'],
  ])('takes %j of nothing to %j', (field, decision) => {
    expect(decideRange(field, 0)).toEqual(decision);
  });
});
