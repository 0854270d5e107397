import { describe, expect, test } from 'vitest';
import { createRunLog, parseLogFormat, summarizeError } from '../indexer/run-log.ts';
import { RegistryError } from '../indexer/model/errors.ts';
import { NOON } from './builders.ts';

function logOf(json: boolean) {
  let written = '';
  return { log: createRunLog({ json, now: () => NOON, write: (text) => void (written += text) }), text: () => written };
}

describe('createRunLog', () => {
  test('writes lines for people, and nothing at the end', () => {
    const { log, text } = logOf(false);
    log.warn('a');
    log.progress('b\n');
    log.fail('c');
    log.end({ exit_code: 1, outcome: 'failed', duration_ms: 1 });
    expect(text()).toBe('warning: a\nb\nextension-indexer: c\n');
  });

  test('writes objects of the fields of the log of the proxy, each on one line', () => {
    const { log, text } = logOf(true);
    log.warn('a\nb');
    log.progress('c\n');
    log.fail('d');
    log.end({ exit_code: 3, outcome: 'published', duration_ms: 1 });
    const lines = text().trimEnd().split('\n');
    expect(lines.map((each) => JSON.parse(each) as object)).toEqual([
      { level: 40, time: NOON, event: 'warning', msg: 'a\nb' },
      { level: 30, time: NOON, event: 'progress', msg: 'c' },
      { level: 50, time: NOON, event: 'error', msg: 'd' },
      { level: 40, time: NOON, event: 'run', exit_code: 3, outcome: 'published', duration_ms: 1, msg: 'run published' },
    ]);
  });

  test.each([
    [0, 30],
    [1, 50],
    [2, 50],
    [3, 40],
    [4, 40],
    [5, 40],
  ])('ends a run of the exit code %i at level %i', (exitCode, level) => {
    const { log, text } = logOf(true);
    log.end({ exit_code: exitCode, outcome: 'any', duration_ms: 1 });
    expect(JSON.parse(text())).toMatchObject({ level });
  });
});

describe('summarizeError', () => {
  test('has the code and the sentence of what ended the run', () => {
    const error = new RegistryError('refused', 'Too much would vanish.');
    expect(summarizeError(error, 1, 20)).toEqual({
      exit_code: 1,
      outcome: 'failed',
      error: { code: 'refused', message: 'Too much would vanish.' },
      duration_ms: 20,
    });
    expect(summarizeError(new RegistryError('locked', 'Another.'), 4, 20)).toMatchObject({ outcome: 'another_runs' });
    expect(summarizeError(new TypeError('x'), 1, 20)).toMatchObject({ error: { code: 'internal', message: 'x' } });
  });
});

test('parseLogFormat takes text and json, and says so', () => {
  expect([parseLogFormat('text'), parseLogFormat('json')]).toEqual(['text', 'json']);
  expect(() => parseLogFormat('xml')).toThrow('--log: "xml" is no format; use text or json.');
});
