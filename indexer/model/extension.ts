import { RegistryError } from './errors.ts';

declare const idBrand: unique symbol;

/** `type/name`, such as `taskserv/kubernetes`; only `parseExtensionId` and `extensionId` make one. */
export type ExtensionId = string & { readonly [idBrand]: true };

/** How the repositories of a type are named at each kind of source. */
export interface TypeNaming {
  /** The ending of a Gitea repository's name, such as `_taskserv`. */
  gitea: string;
  /** The ending of an OCI repository's name, such as `-taskserv`. */
  oci: string;
}

/** Type -> naming. */
export type ExtensionTypes = ReadonlyMap<string, TypeNaming>;

export const BUILT_IN_TYPES: ExtensionTypes = new Map([
  ['provider', { gitea: '_prov', oci: '-provider' }],
  ['taskserv', { gitea: '_taskserv', oci: '-taskserv' }],
  ['cluster', { gitea: '_cluster', oci: '-cluster' }],
]);

/** `search` would hide the search route, `index.json` a document's literal path. */
const RESERVED = new Set(['search', 'index.json', 'versions', 'notes']);
const SEGMENT = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
const MAX_LENGTH = 100;

/** Whether a string may be a type or a name: a path segment that means the same on every host and file system. */
export function isNameSegment(text: string): boolean {
  return text.length <= MAX_LENGTH && SEGMENT.test(text) && !RESERVED.has(text);
}

/** @throws RegistryError `invalid_name` or `invalid_type` */
export function extensionId(type: string, name: string): ExtensionId {
  for (const [code, text] of [
    ['invalid_type', type],
    ['invalid_name', name],
  ] as const) {
    if (!isNameSegment(text)) {
      throw new RegistryError(
        code,
        `${JSON.stringify(text.slice(0, MAX_LENGTH))} cannot be part of an extension's name; use lower-case letters, digits and single . _ - between them.`,
      );
    }
  }
  return `${type}/${name}` as ExtensionId;
}

/** @throws RegistryError `invalid_name` or `invalid_type` */
export function parseExtensionId(text: string): ExtensionId {
  const [type, name, ...more] = text.split('/');
  if (type === undefined || name === undefined || more.length > 0) {
    throw new RegistryError('invalid_name', `${JSON.stringify(text.slice(0, 200))} is not of the form type/name.`);
  }
  return extensionId(type, name);
}

export function typeOf(id: ExtensionId): string {
  return id.slice(0, id.indexOf('/'));
}

export function nameOf(id: ExtensionId): string {
  return id.slice(id.indexOf('/') + 1);
}

/** By type, then name, in code units: never by the machine's language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The type and bare name that a repository's name carries by its ending, or undefined for a repository of another purpose. */
export function splitRepositoryName(
  repository: string,
  endings: Iterable<readonly [type: string, ending: string]>,
): { type: string; name: string } | undefined {
  // The longest ending wins, so that a type whose ending contains another's is still told apart.
  const [found] = [...endings]
    .filter(([, ending]) => repository.endsWith(ending) && repository.length > ending.length)
    .sort(([, a], [, b]) => b.length - a.length);
  return found && { type: found[0], name: repository.slice(0, -found[1].length) };
}
