import { isLoopback, parseBase, parseOrigin, parseRegistry } from './address.ts';
import type { GiteaSource, OciSource, SourceConfig } from './config.ts';
import type { ConfigFile, GiteaTable, Loose, OciTable, SourceTable } from './config-file.ts';
import { trimSlashes } from './formats.ts';
import { sourceLabel } from './key-path.ts';

/** One table that describes a source, with the name by which people find it in the file. */
export interface Labelled<T> {
  label: string;
  table: T;
}

/** The tables of all sources in the file's order; `[gitea]` and `[oci]` have their kind as their name. */
export function tablesOf(file: ConfigFile): Labelled<SourceTable>[];
export function tablesOf(file: Loose<ConfigFile>): Labelled<Loose<SourceTable>>[];
export function tablesOf({ gitea, oci, source = [] }: Loose<ConfigFile>): Labelled<Loose<SourceTable>>[] {
  const tables: Labelled<Loose<SourceTable>>[] = [];
  if (gitea !== undefined) tables.push({ label: '[gitea]', table: { ...gitea, name: 'gitea', kind: 'gitea' } });
  if (oci !== undefined) tables.push({ label: '[oci]', table: { ...oci, name: 'oci', kind: 'oci' } });
  for (const [index, table] of source.entries()) {
    if (table !== undefined) tables.push({ label: sourceLabel(table.name, index), table });
  }
  return tables;
}

/** Where a source's secret is, and under which key. */
export function secretKeyOf(table: Loose<SourceTable>): { key: string; path: string | undefined } {
  if (table.kind === 'oci') return { key: 'auth_token_path', path: table.auth_token_path };
  return { key: 'token_path', path: table.kind === 'gitea' ? table.token_path : undefined };
}

/** What the files hold that a source's table names. */
export interface SourceFiles {
  secret?: string;
  ca?: string;
}

/** @param files its token, and the certificates that its server is trusted by */
export function sourceFromTable(table: SourceTable, { secret, ca }: SourceFiles): SourceConfig {
  const common = {
    name: table.name,
    priority: table.priority ?? 0,
    owns: table.owns ?? [],
    timeoutMs: (table.timeout_seconds ?? 30) * 1_000,
    verifyTls: table.verify_ssl ?? true,
    ...(secret !== undefined && { secret }),
    ...(ca !== undefined && { ca }),
  };
  return table.kind === 'gitea' ? { ...common, ...giteaPart(table) } : { ...common, ...ociPart(table) };
}

function giteaPart(
  table: GiteaTable,
): Pick<GiteaSource, 'kind' | 'base' | 'organization' | 'includePrivate' | 'includeForks'> {
  return {
    kind: 'gitea',
    base: parseBase(table.url),
    organization: table.organization,
    includePrivate: table.include_private ?? false,
    includeForks: table.include_forks ?? false,
  };
}

function ociPart(
  table: OciTable,
): Omit<OciSource, 'name' | 'priority' | 'owns' | 'timeoutMs' | 'verifyTls' | 'secret' | 'ca'> {
  const { repositories, username, token_service: tokenService, keywords_annotation: keywordsAnnotation } = table;
  return {
    kind: 'oci',
    base: parseRegistry(table.registry),
    namespace: trimSlashes(table.namespace ?? ''),
    ...(repositories !== undefined && { repositories }),
    ...(username !== undefined && { username }),
    ...(tokenService !== undefined && { tokenService: parseOrigin(tokenService) }),
    ...(keywordsAnnotation !== undefined && { keywordsAnnotation }),
  };
}

/** A token over plain http can be read by everybody on the way. */
export function unencryptedOf({ label, table: source }: Labelled<SourceConfig>): string[] {
  if (source.secret === undefined) return [];
  const service = source.kind === 'oci' && source.tokenService !== undefined ? new URL(source.tokenService) : undefined;
  const sent = source.kind === 'oci' && source.username !== undefined ? 'the password' : 'the token';
  const to = [{ key: source.kind === 'oci' ? 'registry' : 'url', url: source.base }];
  if (service !== undefined) to.push({ key: 'token_service', url: service });
  return to
    .filter(({ url }) => url.protocol === 'http:' && !isLoopback(url))
    .map(({ key }) => `${label} ${key}: ${sent} goes there unencrypted over http; use https.`);
}

/** What is said of TLS and hardly meant. */
export function unverifiedOf({ label, table: source }: Labelled<SourceConfig>): string[] {
  if (source.base.protocol === 'http:') {
    if (source.ca === undefined) return [];
    return [`${label} ca_path: has no effect over http; use https, or leave the key out.`];
  }
  if (source.verifyTls) return [];
  const useless = source.ca === undefined ? [] : [`${label} ca_path: has no effect while verify_ssl is false.`];
  const lost = source.secret === undefined ? '' : 'read what we authenticate with and ';
  return [
    `${label} verify_ssl: whoever is between us and ${source.base.host} can ${lost}change what we read, for its ` +
      'certificate is not checked; set ca_path to the CA that issued it instead.',
    ...useless,
  ];
}
