import { describe, expect, test } from 'vitest';
import { DEFAULT_RETRY, retryDelayMs, withRetry, type RetryContext } from '../../indexer/http/retry.ts';
import { parseRetryAfterMs, statusError } from '../../indexer/http/status.ts';
import { RegistryError, type ErrorCode } from '../../indexer/model/errors.ts';

const POLICY = { tries: 4, baseDelayMs: 100, maxDelayMs: 5_000 };

function context(overrides: Partial<RetryContext> = {}): RetryContext {
  return { policy: POLICY, random: () => 0, signal: new AbortController().signal, ...overrides };
}

const busy = (retryAfterMs?: number) =>
  new RegistryError('rate_limit', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs });

describe('retryDelayMs', () => {
  test.each([
    { tried: 1, random: 0, delayMs: 50 },
    { tried: 1, random: 0.5, delayMs: 75 },
    { tried: 2, random: 0, delayMs: 100 },
    { tried: 3, random: 0, delayMs: 200 },
    { tried: 4, random: 0, delayMs: undefined },
  ])('after $tried tries is $delayMs with the dice at $random', ({ tried, random, delayMs }) => {
    expect(retryDelayMs(busy(), tried, context({ random: () => random }))).toBe(delayMs);
  });

  test.each([
    { title: 'is what was asked for', askedMs: 2_000, delayMs: 2_000 },
    { title: 'is no shorter than our own pause', askedMs: 0, delayMs: 50 },
    { title: 'has an end', askedMs: 999_999_000, delayMs: 5_000 },
  ])('$title', ({ askedMs, delayMs }) => {
    expect(retryDelayMs(busy(askedMs), 1, context())).toBe(delayMs);
  });

  test.each<[ErrorCode, boolean]>([
    ['unreachable', true],
    ['timeout', true],
    ['rate_limit', true],
    ['auth', false],
    ['not_found', false],
    ['bad_answer', false],
    ['too_large', false],
    ['redirect', false],
    ['tls', false],
    ['digest_mismatch', false],
  ])('of %s is given: %s', (code, isGiven) => {
    expect(retryDelayMs(new RegistryError(code, 'x'), 1, context()) !== undefined).toBe(isGiven);
  });

  test.each([
    [500, true],
    [502, true],
    [503, true],
    [504, true],
    [400, false],
    [501, false],
  ])('of HTTP %i is given: %s', (status, isGiven) => {
    expect(retryDelayMs(statusError(status, 'x', undefined), 1, context()) !== undefined).toBe(isGiven);
  });

  test('of an error that is not ours is none', () => {
    expect(retryDelayMs(new TypeError('a bug'), 1, context())).toBeUndefined();
  });
});

describe('withRetry', () => {
  const quick = { tries: 3, baseDelayMs: 0, maxDelayMs: 0 };

  test('gives the first success, and tells of each try before', async () => {
    const seen: unknown[] = [];
    let tries = 0;
    const attempt = async () => ((tries += 1) < 3 ? Promise.reject(busy()) : 'done');
    const onRetry = (error: unknown) => void seen.push((error as RegistryError).code);
    expect(await withRetry(context({ policy: quick, onRetry }), attempt)).toBe('done');
    expect(seen).toEqual(['rate_limit', 'rate_limit']);
  });

  test('throws the last error when no try is left', async () => {
    let tries = 0;
    const attempt = () => Promise.reject(new RegistryError('timeout', `try ${(tries += 1)}`));
    await expect(withRetry(context({ policy: quick }), attempt)).rejects.toThrow('try 3');
  });

  test('ends a pause when the signal aborts, with its reason', async () => {
    const abort = new AbortController();
    const reason = new Error('the deadline');
    const policy = { tries: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 };
    const onRetry = () => abort.abort(reason);
    const waiting = withRetry(context({ policy, signal: abort.signal, onRetry }), () => Promise.reject(busy()));
    await expect(waiting).rejects.toBe(reason);
  });

  test('throws the reason when the signal aborts a try, whatever the try makes of it', async () => {
    const abort = new AbortController();
    const reason = new Error('the deadline');
    const attempt = () => {
      abort.abort(reason);
      return Promise.reject(new RegistryError('bad_answer', 'cut short'));
    };
    await expect(withRetry(context({ signal: abort.signal }), attempt)).rejects.toBe(reason);
  });

  test('by default waits long enough for what a server usually asks', () => {
    expect(DEFAULT_RETRY).toEqual({ tries: 4, baseDelayMs: 250, maxDelayMs: 120_000 });
  });
});

describe('parseRetryAfterMs', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['Fri, 31 Dec 1999 23:59:59 GMT', undefined],
    ['99999999999', undefined],
  ])('of %j is %j', (field, delayMs) => {
    expect(parseRetryAfterMs(field)).toBe(delayMs);
  });
});

describe('statusError', () => {
  test.each<[number, ErrorCode]>([
    [400, 'bad_answer'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'not_found'],
    [410, 'not_found'],
    [418, 'bad_answer'],
    [429, 'rate_limit'],
    [500, 'bad_answer'],
    [502, 'unreachable'],
    [503, 'rate_limit'],
    [504, 'timeout'],
  ])('of %i is %s', (status, code) => {
    const error = statusError(status, 'gitea: /api/v1/version', '7');
    expect(error).toMatchObject({ code, status, retryAfterMs: 7_000 });
    expect(error.message).toMatch(new RegExp(`^gitea: /api/v1/version .+ \\(HTTP ${status}\\)\\.$`));
  });
});
