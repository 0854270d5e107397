import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { RegistryError } from '../indexer/model/errors.ts';
import { storageError } from '../indexer/storage/storage-error.ts';
import { parseAdmission, type Admission } from './registry/admission.ts';
import type { Credential } from './registry/registry.ts';
import { parseAge } from './times.ts';

/** What a command works with, whoever said it: a flag before `extensions.toml`, that before the environment. */
export interface Settings extends Admission {
  /** URLs or absolute folders of one site's `v1`; empty where nobody named one. */
  sites: readonly string[];
  proxy?: string;
  credential?: Credential;
  /** Absolute, as all folders here. */
  cacheFolder: string;
  offline: boolean;
  /** Where extensions are installed. */
  root: string;
  /** Where `extensions.toml` and `extensions.lock` are, or would be. */
  projectFolder: string;
  /** Versions that were first seen later than so long ago are not chosen; 0 for no such wish. */
  minAgeMs: number;
  verbose: boolean;
}

/** What `extensions.toml` says beside its extensions. */
export interface ProjectSettings {
  /** Where the file is. */
  folder: string;
  sites?: readonly string[];
  proxy?: string;
  /** Such as `3d`. */
  minAge?: string;
}

export interface SettingsInputs {
  /** By name without dashes, as `ParsedArgs` has them. */
  flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Left out where there is no `extensions.toml`. */
  project?: ProjectSettings | undefined;
  home: string;
  cwd: string;
  /** As `process.platform`. */
  platform: string;
  /** What the file holds that `credentialFileOf` names. */
  credentialText?: string | undefined;
}

interface CredentialFile {
  kind: Credential['kind'];
  /** Absolute. */
  file: string;
}

const CREDENTIALS = [
  { variable: 'EXTENSION_REGISTRY_TOKEN', kind: 'bearer', isFile: false },
  { variable: 'EXTENSION_REGISTRY_TOKEN_FILE', kind: 'bearer', isFile: true },
  { variable: 'EXTENSION_REGISTRY_API_KEY', kind: 'api-key', isFile: false },
  { variable: 'EXTENSION_REGISTRY_API_KEY_FILE', kind: 'api-key', isFile: true },
] as const;

/** @throws RegistryError `config` or `usage` that names the flag, key or variable */
export function settingsOf(inputs: SettingsInputs): Settings {
  const { flags, env, project, cwd } = inputs;
  const proxy = textOf(flags['proxy']) ?? project?.proxy ?? filled(env['EXTENSION_REGISTRY_PROXY']);
  const credential = credentialOf(inputs);
  const projectFolder = project?.folder ?? cwd;
  const root = textOf(flags['root']) ?? filled(env['PROVISIONING_EXTENSIONS_PATH']);
  return {
    sites: sitesOf(inputs),
    ...(proxy !== undefined && { proxy }),
    ...(credential !== undefined && { credential }),
    cacheFolder: cacheFolderOf(inputs),
    offline: flags['offline'] === true,
    root: root === undefined ? join(projectFolder, '.provisioning', 'extensions') : resolve(cwd, root),
    projectFolder,
    minAgeMs: minAgeOf(inputs),
    ...parseAdmission(env),
    verbose: flags['verbose'] === true,
  };
}

/** The settings, with the credential read from where it is kept. @throws RegistryError as `settingsOf`, and `storage` */
export async function loadSettings(inputs: SettingsInputs): Promise<Settings> {
  const from = credentialFileOf(inputs);
  if (from === undefined) return settingsOf(inputs);
  const credentialText = await readFile(from.file, 'utf8').catch((cause: unknown) => {
    throw storageError(cause, `read the credential's file ${from.file}`);
  });
  return settingsOf({ ...inputs, credentialText });
}

/** The file that the credential is in; undefined where it is in none. @throws RegistryError `config` for several */
export function credentialFileOf({ flags, env, cwd }: SettingsInputs): CredentialFile | undefined {
  const flag = textOf(flags['token-file']);
  if (flag !== undefined) return { kind: 'bearer', file: resolve(cwd, flag) };
  const named = credentialVariable(env);
  return named?.isFile === true ? { kind: named.kind, file: resolve(cwd, named.value) } : undefined;
}

/** @param subject what the message calls it, such as `--min-age` @returns milliseconds @throws RegistryError `config` */
function ageOf(text: string, subject: string): number {
  const ageMs = text.trim() === '0' ? 0 : parseAge(text);
  if (ageMs !== undefined) return ageMs;
  throw new RegistryError(
    'config',
    `${subject} is ${JSON.stringify(text.slice(0, 40))}; write a number and s, m, h, d or w, such as 3d.`,
  );
}

function sitesOf({ flags, env, project, cwd }: SettingsInputs): string[] {
  const given = listOf(flags['site']);
  if (given.length > 0) return given.map((each) => placeOf(each, cwd));
  if (project?.sites !== undefined) return project.sites.map((each) => placeOf(each, project.folder));
  const text = env['EXTENSION_REGISTRY_URL'] ?? '';
  // A comma may be in a folder's name but seldom is; white space often is.
  return text.split(',').flatMap((each) => (each.trim() === '' ? [] : [placeOf(each.trim(), cwd)]));
}

/** URLs as they are; folders from where they were named. */
function placeOf(text: string, folder: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(text) && !isAbsolute(text) ? text : resolve(folder, text);
}

function minAgeOf({ flags, env, project }: SettingsInputs): number {
  const flag = textOf(flags['min-age']);
  if (flag !== undefined) return ageOf(flag, '--min-age');
  if (project?.minAge !== undefined) return ageOf(project.minAge, 'min_age in extensions.toml');
  const variable = filled(env['EXTENSION_REGISTRY_MIN_AGE']);
  return variable === undefined ? 0 : ageOf(variable, 'EXTENSION_REGISTRY_MIN_AGE');
}

/** XDG Base Directory Specification 0.8: a relative path in a variable is ignored. */
function cacheFolderOf({ env, home, cwd, platform }: SettingsInputs): string {
  const own = filled(env['EXTENSION_REGISTRY_CACHE']);
  if (own !== undefined) return resolve(cwd, own);
  const xdg = filled(env['XDG_CACHE_HOME']);
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'extension-registry');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'extension-registry');
  if (platform !== 'win32') return join(home, '.cache', 'extension-registry');
  return join(filled(env['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local'), 'extension-registry', 'cache');
}

function credentialOf(inputs: SettingsInputs): Credential | undefined {
  const file = credentialFileOf(inputs);
  if (file !== undefined) {
    return inputs.credentialText === undefined
      ? undefined
      : checkCredential({ kind: file.kind, value: inputs.credentialText }, file.file);
  }
  const named = credentialVariable(inputs.env);
  return named && checkCredential({ kind: named.kind, value: named.value }, named.variable);
}

function credentialVariable(env: SettingsInputs['env']) {
  const named = CREDENTIALS.flatMap((each) => {
    const value = filled(env[each.variable]);
    return value === undefined ? [] : [{ ...each, value }];
  });
  if (named.length > 1) {
    const names = named.map(({ variable }) => variable).join(' and ');
    throw new RegistryError('config', `The environment has ${names}; set one of them.`);
  }
  return named[0];
}

/** A field's value has no line breaks, or the rest would be fields of its own (RFC 9110, section 5.5). */
function checkCredential({ kind, value }: Credential, subject: string): Credential {
  const trimmed = value.trim();
  if (/^[\x21-\x7e]{1,8192}$/.test(trimmed)) return { kind, value: trimmed };
  throw new RegistryError(
    'config',
    `${subject} has no credential in it: it must be one word of printable ASCII; write it again.`,
  );
}

function textOf(flag: SettingsInputs['flags'][string]): string | undefined {
  return typeof flag === 'string' ? flag : undefined;
}

function listOf(flag: SettingsInputs['flags'][string]): readonly string[] {
  return typeof flag === 'string' ? [flag] : typeof flag === 'object' ? flag : [];
}

/** A variable that is set to nothing is not set. */
function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}
