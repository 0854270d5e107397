import { RegistryError } from '../../indexer/model/errors.ts';
import { nameOf, typeOf, type ExtensionId } from '../../indexer/model/extension.ts';
import { editDistance } from '../../indexer/model/suggest.ts';

/*
 * From what somebody typed to an extension that there is. PURE.
 */

const MAX_NAMED = 5;

/** @throws RegistryError `not_found` with the candidates, or with what may have been meant */
export function identifyIn(text: string, ids: readonly ExtensionId[]): ExtensionId {
  const found = ids.filter((id) => id === text || nameOf(id) === text);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) throw unknownExtension(text, ids);
  throw new RegistryError('not_found', `${text} is the name of several extensions; name one: ${found.join(', ')}.`);
}

export function unknownExtension(text: string, ids: readonly ExtensionId[]): RegistryError {
  const near = nearIds(text, ids);
  const remedy =
    near.length === 0
      ? 'search for it by words, or list all'
      : `did you mean ${near.length === 1 ? near[0] : `one of ${near.join(', ')}`}?`;
  const shown = JSON.stringify(text.slice(0, 200));
  return new RegistryError('not_found', `There is no extension ${shown}; ${remedy}${near.length === 0 ? '.' : ''}`);
}

/** What may have been meant, the nearest first: the same name of another type, then what is a few letters away. */
export function nearIds(text: string, ids: readonly ExtensionId[]): ExtensionId[] {
  const asked = text.trim().toLowerCase().slice(0, 200);
  const [type, name] = asked.includes('/') ? splitAt(asked, asked.indexOf('/')) : [undefined, asked];
  const rated = ids.flatMap((id) => {
    const distance = distanceOf(name, nameOf(id));
    return distance === undefined
      ? []
      : [{ id, distance: distance + (type === undefined || type === typeOf(id) ? 0 : 0.5) }];
  });
  return rated
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_NAMED)
    .map(({ id }) => id);
}

/** Letters to change, by as many as a name of that length may have wrong; what holds the other is as far as one may be. */
function distanceOf(asked: string, name: string): number | undefined {
  const most = Math.max(1, Math.floor(asked.length / 3));
  const distance = Math.abs(asked.length - name.length) > most ? Infinity : editDistance(asked, name);
  if (distance <= most) return distance;
  return asked.length >= 3 && name.includes(asked) ? most : undefined;
}

function splitAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}
