import { describe, expect, test } from 'vitest';
import { RegistryError, type ErrorCode } from '../../indexer/model/errors.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { ApiError, backendError, errorAnswer } from '../../proxy/error-table.ts';
import { v1Of } from '../builders.ts';
import { ask } from './http.ts';
import { sharedWorld, startProxy } from './world.ts';

const world = sharedWorld();
const SECRET = 'cannot open /srv/secret at 10.0.0.1';

describe('errorAnswer', () => {
  test.each<[ErrorCode, number, string]>([
    ['invalid_name', 400, 'invalid_request'],
    ['invalid_type', 400, 'invalid_type'],
    ['invalid_version', 400, 'invalid_version'],
    ['invalid_digest', 400, 'invalid_request'],
    ['invalid_request', 400, 'invalid_request'],
  ])('tells a client of its own %s', (code, status, error) => {
    const answer = errorAnswer(new RegistryError(code, 'Use another word.'));
    expect(answer).toEqual({ status, headers: {}, body: { error, message: 'Use another word.' } });
  });

  test.each<ErrorCode>(['storage', 'invalid_site', 'too_large', 'unreachable', 'tls', 'auth', 'not_found'])(
    'tells a client nothing of our %s',
    (code) => {
      expect(errorAnswer(new RegistryError(code, SECRET))).toEqual({
        status: 503,
        headers: { 'retry-after': '10' },
        body: {
          error: 'unavailable',
          message: 'The published site cannot be read at the moment; try again, or see the log of the registry.',
        },
      });
    },
  );

  test.each([
    new Error(SECRET),
    new TypeError(SECRET),
    SECRET,
    undefined,
    null,
    Object.assign(new Error(SECRET), { statusCode: 500 }),
    Object.assign(new Error(SECRET), { code: 'constructor' }),
  ])('takes what nobody expected (%s) for our fault', (error) => {
    expect(errorAnswer(error)).toEqual({
      status: 500,
      headers: {},
      body: { error: 'internal', message: 'The registry failed; see its log for this request id.' },
    });
  });

  test.each([
    ['FST_ERR_BAD_URL', 400, 400, 'invalid_request'],
    ['FST_ERR_HANDLER_TIMEOUT', 503, 503, 'unavailable'],
    ['FST_STATIC_FORBIDDEN_PATH', 403, 404, 'not_found'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 415, 'invalid_request'],
    ['FST_ERR_NOT_FOUND', 404, 404, 'not_found'],
    ['PreconditionFailedError', 412, 412, 'precondition_failed'],
  ])('translates %s (%i)', (code, ...[statusCode, status, type]) => {
    const { body, ...answer } = errorAnswer(Object.assign(new Error(SECRET), { code, statusCode }));
    expect({ status: answer.status, error: body.error }).toEqual({ status, error: type });
    expect(body.message).not.toContain('secret');
  });
});

describe('backendError', () => {
  test.each([
    ['gitea', 'gitea'],
    ['oci', 'oci'],
    ['npm', 'http'],
  ])('of kind %s is of type %s', (kind, type) => {
    expect(backendError(kind, 'It', new Error(SECRET)).answer).toEqual({
      status: 502,
      headers: {},
      body: { error: type, message: 'It (failed); try again, or see /api/v1/health.', details: 'failed' },
    });
  });

  test('rounds the wait that is asked for up to seconds', () => {
    const error = new RegistryError('rate_limit', SECRET, { retryAfterMs: 1_001 });
    expect(backendError('oci', 'It', error).answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });
});

describe('an error that nobody expected', () => {
  test.each([
    [new TypeError(SECRET), 500, 'internal'],
    [new RegistryError('storage', SECRET), 503, 'unavailable'],
    [new ApiError('conflict', 'Said on purpose.'), 409, 'conflict'],
  ])('(%s) is answered in the shape of all errors, and logged where it is ours', async (error, status, type) => {
    const { config } = world();
    const folder = createFolderReader({ root: v1Of(config) });
    const reader = {
      ...folder,
      read: async (file: string, maxBytes?: number) => {
        if (file === 'status/index.json') throw error;
        return folder.read(file, maxBytes);
      },
    };
    const { get, url, log } = await startProxy(config, { reader });
    const answer = await ask(`${url}/api/v1/status`);
    expect({ status: answer.status, body: answer.json }).toMatchObject({ status, body: { error: type } });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).not.toContain('secret');
    expect(JSON.stringify(log.filter((line) => line['event'] === 'error')).includes(SECRET)).toBe(status >= 500);
    expect((await get('/extensions')).status).toBe(200);
  });
});
