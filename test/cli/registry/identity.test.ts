import { describe, expect, test } from 'vitest';
import { identifyIn, nearIds } from '../../../cli/registry/identity.ts';
import { idOf } from './registries.ts';

const IDS = [
  'cluster/web-shop',
  'provider/aws',
  'provider/hetzner',
  'provider/redis',
  'taskserv/kubernetes',
  'taskserv/postgres',
  'taskserv/redis',
].map(idOf);

describe('identifyIn', () => {
  test.each([
    ['provider/aws', 'provider/aws'],
    ['aws', 'provider/aws'],
    ['taskserv/redis', 'taskserv/redis'],
    ['web-shop', 'cluster/web-shop'],
  ])('takes %s as %s', (text, id) => {
    expect(identifyIn(text, IDS)).toBe(id);
  });

  test('names the candidates of a name that several types have', () => {
    expect(() => identifyIn('redis', IDS)).toThrow(
      expect.objectContaining({
        code: 'not_found',
        message: 'redis is the name of several extensions; name one: provider/redis, taskserv/redis.',
      }),
    );
  });

  test.each([
    ['kuberntes', 'did you mean taskserv/kubernetes?'],
    ['provider/kubernetes', 'did you mean taskserv/kubernetes?'],
    ['taskserv/postgress', 'did you mean taskserv/postgres?'],
    ['AWS', 'did you mean provider/aws?'],
    ['Provider/AWS', 'did you mean provider/aws?'],
    ['provider/rediss', 'did you mean one of provider/redis, taskserv/redis?'],
    ['shop', 'did you mean cluster/web-shop?'],
    ['nothing-like-it', 'search for it by words, or list all.'],
    ['../../etc', 'search for it by words, or list all.'],
    ['', 'search for it by words, or list all.'],
  ])('says of %j: %s', (text, remedy) => {
    expect(() => identifyIn(text, IDS)).toThrow(
      expect.objectContaining({
        code: 'not_found',
        message: `There is no extension ${JSON.stringify(text)}; ${remedy}`,
      }),
    );
  });
});

describe('nearIds', () => {
  test('names few of many', () => {
    const many = Array.from({ length: 50 }, (_, at) => idOf(`provider/cloud${at}`));
    expect(nearIds('cloud', many)).toHaveLength(5);
  });
});
