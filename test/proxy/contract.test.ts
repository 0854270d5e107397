import { describe, expect, test } from 'vitest';
import { closeSchemas, compileSchemas, readSchemas } from '../schema/contract.ts';
import { sharedWorld } from './world.ts';

const world = sharedWorld();
/** Closed: what we answer must be named in the contract. */
const validatorOf = compileSchemas(closeSchemas(await readSchemas()));

describe('the published contract', () => {
  test.each([
    ['', 'pointer'],
    ['/manifest', 'manifest'],
    ['/extensions', 'list'],
    ['/extensions?type=provider&limit=1', 'list'],
    ['/extensions/search?q=aws', 'search-results'],
    ['/extensions/search', 'search-results'],
    ['/extensions/provider/aws', 'extension'],
    ['/extensions/provider/aws/versions', 'versions'],
    ['/extensions/provider/aws/notes', 'notes'],
    ['/search', 'search'],
    ['/status', 'status'],
    ['/crawl', 'crawl'],
    ['/health', 'health'],
    ['/cache/stats', 'cache-stats'],
    ['/nope', 'error'],
    ['/extensions/provider/%zz', 'error'],
    ['/extensions?limit=0', 'error'],
    ['/extensions/plugin/aws', 'error'],
    ['/extensions/cluster/many/0.1.0', 'error'],
  ])('holds for %j: %s', async (path, schema) => {
    const validate = validatorOf(schema);
    const { json } = await world().get(path);
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
  });

  test.each([[{ method: 'POST' }], [{ headers: { 'if-match': '"x"' } }], [{ headers: { range: 'bytes=99999-' } }]])(
    'holds for the error that %j gets',
    async (ask) => {
      const validate = validatorOf('error');
      const { json, status } = await world().get('/extensions/provider/aws/1.0.0', ask);
      validate(json);
      expect({ status, errors: validate.errors ?? [] }).toEqual({
        status: expect.toBeOneOf([405, 412, 416]) as number,
        errors: [],
      });
    },
  );

  test('holds for the error of a backend', async () => {
    const { get, gitea } = world();
    const rule = gitea.misbehave({ match: /attachments/, times: 1, fault: { kind: 'status', status: 500 } });
    const validate = validatorOf('error');
    validate((await get('/extensions/provider/aws/1.0.0')).json);
    expect({ hits: rule.hits, errors: validate.errors ?? [] }).toEqual({ hits: 1, errors: [] });
  });
});
