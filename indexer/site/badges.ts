import type { Badge, Item } from '../model/documents.ts';

/**
 * What shields.io makes an image of (https://shields.io/badges/endpoint-badge): the shown version in its colour. Two of the
 * states may be true at once; the one that a reader must know first is told.
 */
export function renderBadge({ name, version, yanked, deprecated, prerelease }: Item): Badge {
  const [state, color] =
    yanked === true
      ? [' yanked', 'red']
      : deprecated !== undefined
        ? [' deprecated', 'yellow']
        : ['', prerelease === true ? 'orange' : 'blue'];
  return { schemaVersion: 1, label: name, message: `${version}${state}`, color };
}
