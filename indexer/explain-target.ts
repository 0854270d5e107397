import { editDistance } from './model/suggest.ts';
import { messageOf, RegistryError } from './model/errors.ts';
import { nameOf, parseExtensionId, type ExtensionId, type ExtensionTypes } from './model/extension.ts';
import { isVersion, parseVersion, type Version } from './model/version.ts';
import type { Wanted } from './sources/source.ts';

/** What somebody asks about. */
export interface Target {
  /** As it was written. */
  text: string;
  wanted: Wanted;
  version?: Version;
}

const MAX_SUGGESTIONS = 3;

/**
 * `type/name`, where there is such a type, or else a repository's name with or without its owner or namespace; either
 * with `@version`.
 * @throws RegistryError `usage`
 */
export function parseTarget(text: string, types: ExtensionTypes): Target {
  const at = text.indexOf('@');
  const name = at === -1 ? text : text.slice(0, at);
  const version = at === -1 ? undefined : text.slice(at + 1);
  if (name === '' || /[\s:\p{Cc}]/u.test(name)) {
    throw new RegistryError(
      'usage',
      `${JSON.stringify(text)} is neither type/name nor the name of a repository; a version follows after an @.`,
    );
  }
  if (version !== undefined && !isVersion(version)) {
    throw new RegistryError('usage', `${JSON.stringify(version)} is no version; name one exactly, such as 1.4.0.`);
  }
  const [type = '', ...rest] = name.split('/');
  const isId = rest.length === 1 && types.has(type);
  return {
    text,
    wanted: isId ? { id: idOf(name) } : { repository: name },
    ...(version !== undefined && { version: parseVersion(version) }),
  };
}

function idOf(text: string): ExtensionId {
  try {
    return parseExtensionId(text);
  } catch (error) {
    throw new RegistryError('usage', messageOf(error));
  }
}

/** The known extensions that may have been meant, the likeliest first. */
export function didYouMean(text: string, known: Iterable<ExtensionId>): ExtensionId[] {
  const asked = (text.split('@')[0] ?? '').toLowerCase();
  const bare = asked.split('/').at(-1) ?? '';
  return [...new Set(known)]
    .filter((id) => id !== asked)
    .map((id) => ({ id, distance: Math.min(editDistance(asked, id), editDistance(bare, nameOf(id))) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(bare.length / 3)))
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_SUGGESTIONS)
    .map(({ id }) => id);
}
