import { extensionId, nameOf, typeOf, type ExtensionId } from '../../indexer/model/extension.ts';
import { ApiError } from '../error-table.ts';
import type { Generation, SiteView } from '../site-view.ts';

/** @throws ApiError `unavailable` while nothing can be served */
export async function requireGeneration(view: SiteView): Promise<Generation> {
  const generation = await view.current();
  if (generation !== undefined) return generation;
  throw new ApiError('unavailable', 'Nothing is published yet; run the indexer, or see its log.', {
    headers: { 'retry-after': '10' },
  });
}

/** The types that there are: the configured ones, and those that the index has. */
export function knownTypes(generation: Generation, configured: Iterable<string>): string[] {
  return [...new Set([...configured, ...Object.keys(generation.pointer.counts.by_type)])].sort();
}

/** @throws ApiError `invalid_type` */
export function checkType(type: string, known: readonly string[]): void {
  if (known.includes(type)) return;
  throw new ApiError(
    'invalid_type',
    `${JSON.stringify(type.slice(0, 100))} is no type of extension; use ${known.join(', ')}.`,
  );
}

/** The id of a path's two segments. @throws ApiError `not_found` for the reserved name, RegistryError for a name that cannot be */
export function idOf(params: { type: string; name: string }): ExtensionId {
  // A document's literal path above all extensions: it is well formed, and there is none.
  if (params.name === 'index.json') throw notFound(`extensions/${params.type}`);
  return extensionId(params.type, params.name);
}

/** Why there is no document of an extension. */
export function missingExtension(id: ExtensionId, known: readonly string[]): ApiError {
  checkType(typeOf(id), known);
  return new ApiError(
    'not_found',
    `There is no ${typeOf(id)} named ${JSON.stringify(nameOf(id))}; see /api/v1/extensions, or search for it.`,
  );
}

export function notFound(subject: string): ApiError {
  return new ApiError('not_found', `There is no ${JSON.stringify(subject.slice(0, 200))}; see /api/v1/extensions.`);
}
