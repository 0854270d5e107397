import { isNameSegment, nameOf, typeOf, type ExtensionId, type ExtensionTypes } from '../model/extension.ts';

/*
 * Names by which people publish an extension by mistake: `aws-provider` at Gitea, `aws_prov` at a registry, `aws`.
 */

/** What stands for a type in such names: itself, and its endings without their separators. */
function wordsFor(type: string, types: ExtensionTypes): string[] {
  const { gitea = '', oci = '' } = types.get(type) ?? {};
  return [...new Set([type, ...[gitea, oci].map((each) => each.replace(/^[._-]+/, ''))])].filter((each) => each !== '');
}

/** The names that may have been given to an extension's repository instead of the right one. */
export function lookalikesOf(id: ExtensionId, types: ExtensionTypes): string[] {
  const name = nameOf(id);
  const named = wordsFor(typeOf(id), types).flatMap((word) => [`${name}_${word}`, `${name}-${word}`]);
  return [...named, name];
}

/** The extension that a repository of such a name may have been meant for. */
export function meantBy(repository: string, types: ExtensionTypes): ExtensionId | undefined {
  const text = repository.toLowerCase();
  for (const type of types.keys()) {
    for (const word of wordsFor(type, types)) {
      const name = text.endsWith(word) ? text.slice(0, -word.length).replace(/[._-]+$/, '') : '';
      if (isNameSegment(name)) return `${type}/${name}` as ExtensionId;
    }
  }
  return undefined;
}
