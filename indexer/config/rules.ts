import { BUILT_IN_TYPES, isNameSegment, splitRepositoryName, type TypeNaming } from '../model/extension.ts';
import type { ConfigFile, Loose } from './config-file.ts';
import { trimSlashes } from './formats.ts';
import { showKey } from './key-path.ts';
import { tablesOf } from './sources.ts';

/** One line for each rule that the schema cannot say. */
export function faultsOfRules(file: Loose<ConfigFile>): string[] {
  return [
    ...checkCors(file),
    ...checkSources(file),
    ...checkRepositories(file),
    ...checkOwns(file),
    ...checkTypes(file),
  ];
}

/** What is allowed, and hardly meant. */
export function warningsOf(file: ConfigFile): string[] {
  const { enable_cors: enableCors, cors_origins: origins } = file.server ?? {};
  return enableCors === false && origins !== undefined
    ? ['[server] cors_origins: has no effect while enable_cors is false; set it to true, or leave the origins out.']
    : [];
}

/** The endings of each type of `[types]`, those left out made of its name. */
function namingOf(type: string, endings: { gitea?: string | undefined; oci?: string | undefined }): TypeNaming {
  return { gitea: endings.gitea ?? `_${type}`, oci: endings.oci ?? `-${type}` };
}

/** The types of `[types]` with their endings. */
export function addedTypes(file: Loose<ConfigFile>): [string, TypeNaming][] {
  return Object.entries(file.types ?? {}).map(([type, endings]) => [type, namingOf(type, endings ?? {})]);
}

function checkSources(file: Loose<ConfigFile>): string[] {
  const tables = tablesOf(file);
  // By their keys: a table that the schema has refused is no less there.
  if (!('gitea' in file) && !('oci' in file) && (!('source' in file) || file.source?.length === 0)) {
    return ['the file: names no source; add a [gitea], an [oci] or a [[source]] table.'];
  }
  const taken = new Set<string>();
  const faults: string[] = [];
  for (const { label, table } of tables) {
    if (table.name === undefined) continue;
    if (taken.has(table.name)) {
      const owner = tables.find((other) => other.table.name === table.name)?.label ?? '';
      faults.push(`${label} name: is the name of ${ownerOf(owner)}; choose another.`);
    }
    taken.add(table.name);
  }
  return faults;
}

function ownerOf(label: string): string {
  return label.startsWith('[[') ? 'an earlier [[source]]' : `the source of ${label}`;
}

function checkTypes(file: Loose<ConfigFile>): string[] {
  const faults: string[] = [];
  const taken = new Map(
    [...BUILT_IN_TYPES].flatMap(([type, { gitea, oci }]) => [
      [`gitea ${gitea}`, type],
      [`oci ${oci}`, type],
    ]),
  );
  for (const [type, endings] of Object.entries(file.types ?? {})) {
    if (endings === undefined) continue;
    const label = showKey(['types', type], file);
    if (!isNameSegment(type)) {
      faults.push(`${label}: is not the name of a type; use lower-case letters and digits with single . _ - between.`);
      continue;
    }
    if (BUILT_IN_TYPES.has(type)) {
      faults.push(`${label}: is built in and keeps its endings; leave it out, or choose another name.`);
      continue;
    }
    for (const [kind, ending] of Object.entries(namingOf(type, endings))) {
      const owner = taken.get(`${kind} ${ending}`);
      if (owner === undefined) taken.set(`${kind} ${ending}`, type);
      else faults.push(`${label}.${kind}: "${ending}" is the ending of ${owner}; give each type its own.`);
    }
  }
  return faults;
}

/** The OCI source passes over what is not named as an extension, which is right for a catalog and wrong for a list. */
function checkRepositories(file: Loose<ConfigFile>): string[] {
  const endings = [...BUILT_IN_TYPES, ...addedTypes(file)].map(([type, { oci }]) => [type, oci] as const);
  return tablesOf(file).flatMap(({ label, table }) => {
    if (table.kind !== 'oci') return [];
    const prefix = `${trimSlashes(table.namespace ?? '')}/`;
    return (table.repositories ?? []).flatMap((repository, index) => {
      const name = repository?.startsWith(prefix) === true ? repository.slice(prefix.length) : repository;
      if (name === undefined || (!name.includes('/') && splitRepositoryName(name, endings) !== undefined)) return [];
      const key = `${label} repositories[${index}]`;
      const known = [...new Set(endings.map(([, ending]) => ending))].join(', ');
      return [`${key}: "${name}" is no extension of the namespace; name repositories that end in one of ${known}.`];
    });
  });
}

/** A pattern for a type that there is not protects nothing, and nobody would notice. */
function checkOwns(file: Loose<ConfigFile>): string[] {
  const types = [...BUILT_IN_TYPES.keys(), ...addedTypes(file).map(([type]) => type)];
  return tablesOf(file).flatMap(({ label, table }) =>
    (table.owns ?? []).flatMap((pattern, index) => {
      const [type = ''] = pattern?.split('/') ?? [];
      if (pattern === undefined || types.some((each) => matches(type, each))) return [];
      return [`${label} owns[${index}]: "${type}" is no type; the types are ${types.join(', ')}.`];
    }),
  );
}

/** The schema lets only `a-z 0-9 . _ - *` into a pattern. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`).test(text);
}

function checkCors(file: Loose<ConfigFile>): string[] {
  const origins = file.server?.cors_origins ?? [];
  return origins.includes('*') && origins.length > 1
    ? ['[server] cors_origins: names origins beside "*", which means all; keep one or the other.']
    : [];
}
