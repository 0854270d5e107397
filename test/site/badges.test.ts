import { describe, expect, test } from 'vitest';
import type { CatalogueVersion } from '../../indexer/model/catalogue.ts';
import { renderBadge } from '../../indexer/site/badges.ts';
import { renderItem } from '../../indexer/site/items.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';

function badgeOf(...versions: (string | CatalogueVersion)[]) {
  return renderBadge(renderItem(catalogueExtension('taskserv/redis', versions), {}));
}

const DEPRECATED = { deprecated: { message: 'Old.' } };

describe('renderBadge', () => {
  test('has the fields of an endpoint badge of shields.io', () => {
    expect(badgeOf('7.2.0')).toEqual({ schemaVersion: 1, label: 'redis', message: '7.2.0', color: 'blue' });
  });

  test.each([
    ['of a stable version is blue', ['8.0.0-rc.1', '7.2.0'], '7.2.0', 'blue'],
    ['of a prerelease is orange', ['8.0.0-rc.1'], '8.0.0-rc.1', 'orange'],
    ['of what is deprecated says so', [catalogueVersion('7.2.0', DEPRECATED)], '7.2.0 deprecated', 'yellow'],
    [
      'of a prerelease that is deprecated says that it is deprecated',
      [catalogueVersion('8.0.0-rc.1', DEPRECATED)],
      '8.0.0-rc.1 deprecated',
      'yellow',
    ],
    [
      'passes over what is yanked',
      [catalogueVersion('7.2.0', { yanked: 'Deletes volumes.' }), '7.1.0'],
      '7.1.0',
      'blue',
    ],
    [
      'says so where every version is yanked',
      [catalogueVersion('7.2.0', { yanked: 'Deletes volumes.', ...DEPRECATED })],
      '7.2.0 yanked',
      'red',
    ],
  ])('%s', (_rule, versions, ...expected) => {
    const { message, color } = badgeOf(...versions);
    expect([message, color]).toEqual(expected);
  });
});
