import { describe, expect, test } from 'vitest';
import { BUILT_IN_TYPES, parseExtensionId } from '../../indexer/model/extension.ts';
import { lookalikesOf, meantBy } from '../../indexer/sources/lookalikes.ts';

const TYPES = new Map([...BUILT_IN_TYPES, ['theme', { gitea: '.look', oci: '-theme' }]]);

describe('lookalikesOf', () => {
  test('gives every name that people may have given it', () => {
    expect(lookalikesOf(parseExtensionId('provider/aws'), TYPES)).toEqual([
      'aws_provider',
      'aws-provider',
      'aws_prov',
      'aws-prov',
      'aws',
    ]);
    expect(lookalikesOf(parseExtensionId('theme/dark'), TYPES)).toEqual([
      'dark_theme',
      'dark-theme',
      'dark_look',
      'dark-look',
      'dark',
    ]);
  });
});

describe('meantBy', () => {
  test.each([
    ['aws-provider', 'provider/aws'],
    ['aws.prov', 'provider/aws'],
    ['AWS_Prov', 'provider/aws'],
    ['cert-manager-taskserv', 'taskserv/cert-manager'],
    ['awsprov', 'provider/aws'],
    ['dark--theme', 'theme/dark'],
    ['provider', undefined],
    ['-provider', undefined],
    ['search_prov', undefined],
    ['website', undefined],
  ])('%s means %s', (repository, id) => {
    expect(meantBy(repository, TYPES)).toBe(id);
  });
});
