import type { OciSource } from '../../model/source-config.ts';
import { codeOf, messageOf, RegistryError, type ErrorCode } from '../../model/errors.ts';
import { extensionId, splitRepositoryName, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import type { Finding } from '../../model/problem.ts';
import type { OciClient } from './client.ts';
import { REPOSITORY_NAME } from './wire.ts';

/** A name that no extension has; what the registry says of it tells whether the namespace is open to us. */
const PROBED_NAME = 'access-check';

export interface Context {
  config: OciSource;
  client: OciClient;
  types: ExtensionTypes;
}

export interface ExtensionRepository {
  id: ExtensionId;
  /** Its full name in the registry. */
  full: string;
  /** Without the namespace. */
  name: string;
}

/** The repositories that may have releases of extensions. */
export async function findRepositories(
  context: Context,
  signal: AbortSignal,
): Promise<{ repositories: ExtensionRepository[]; findings: Finding[] }> {
  const { config } = context;
  const configured = configuredNames(config);
  const names = configured ?? (await readCatalog(context, signal));
  const repositories: ExtensionRepository[] = [];
  const findings: Finding[] = [];
  for (const full of [...new Set(names)].filter((each) => REPOSITORY_NAME.test(each)).sort()) {
    const extension = extensionOf(full, context);
    if (extension === undefined) continue;
    if ('id' in extension) repositories.push(extension);
    else findings.push({ code: 'invalid_name', source: config.name, subject: full, detail: extension.invalid });
  }
  if (configured === undefined && repositories.length === 0) await checkNamespace(context, signal);
  return { repositories, findings };
}

/** Gitea and zot leave out of the catalog what we may not see, so that lost access looks like an empty namespace. */
async function checkNamespace({ config, client }: Context, signal: AbortSignal): Promise<void> {
  if (config.namespace === '') return;
  await client.fetchTags(`${config.namespace}/${PROBED_NAME}`, signal).catch((error: unknown) => {
    if (codeOf(error) === 'not_found') return;
    if (codeOf(error) !== 'auth') throw error;
    throw new RegistryError(
      'source_failed',
      `${config.name}: the namespace ${config.namespace} is not shown to us (${messageOf(error)})`,
      { cause: error },
    );
  });
}

/** The full names of the repositories that the configuration lists; undefined where the catalog tells. */
export function configuredNames(config: OciSource): string[] | undefined {
  const prefix = prefixOf(config);
  return config.repositories?.map((each) => (each.startsWith(prefix) ? each : prefix + each));
}

export function prefixOf(config: OciSource): string {
  return config.namespace === '' ? '' : `${config.namespace}/`;
}

/** The extension that a repository holds, undefined for one of another purpose, or why it cannot be listed. */
export function extensionOf(
  full: string,
  { config, types }: Pick<Context, 'config' | 'types'>,
): ExtensionRepository | { invalid: string } | undefined {
  const prefix = prefixOf(config);
  const name = full.slice(prefix.length);
  // An extension's repository lies directly in the namespace: what lies deeper has a name of two segments.
  if (!full.startsWith(prefix) || name.includes('/')) return undefined;
  const parts = splitRepositoryName(
    name,
    [...types].map(([type, naming]) => [type, naming.oci] as const),
  );
  if (parts === undefined) return undefined;
  try {
    return { id: extensionId(parts.type, parts.name), full, name };
  } catch (error) {
    return { invalid: messageOf(error) };
  }
}

/** The answers of a registry that has no catalog, or shows it to nobody; any other says only that it failed. */
const NO_CATALOG: ReadonlySet<number | undefined> = new Set([401, 403, 404, 405]);
/** An answer that is no catalog, or one that we do not read. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set(['bad_answer', 'redirect', 'too_large']);

/** `_catalog` is not in the specification, and many registries refuse it. */
async function readCatalog({ config, client }: Context, signal: AbortSignal): Promise<string[]> {
  try {
    return await client.fetchCatalog(signal);
  } catch (error) {
    if (!hasNoCatalog(error)) throw error;
    throw new RegistryError(
      'source_failed',
      `${config.name}: the registry gives no catalog (${messageOf(error)}) List the repositories in [oci] repositories.`,
      { cause: error },
    );
  }
}

function hasNoCatalog(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  return error.status === undefined ? UNUSABLE.has(error.code) : NO_CATALOG.has(error.status);
}
