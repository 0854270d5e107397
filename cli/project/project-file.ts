import { parse, TomlError, type TomlTable, type TomlValue } from 'smol-toml';
import { isSafeAssetName } from '../../indexer/model/asset-name.ts';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { parseExtensionId, type ExtensionId } from '../../indexer/model/extension.ts';
import { suggest } from '../../indexer/model/suggest.ts';
import { parseRange } from '../../indexer/model/version.ts';
import type { ProjectSettings } from '../settings.ts';
import { findProjectText, PROJECT_FILE, readProjectText } from './project-text.ts';
import type { Wanted } from './wanted.ts';

/*
 *   site = "https://extensions.example.org/api/v1"     or a list: the first that answers, the others its mirrors
 *   proxy = "https://extensions.example.org"
 *   min_age = "3d"
 *
 *   [extensions]
 *   "provider/aws" = "^1.2"
 *   "taskserv/kubernetes" = { version = "~1.30", prereleases = true, asset = "linux-amd64.tar.gz" }
 */

export { PROJECT_FILE, readProjectText };

/** What `extensions.toml` says. */
export interface Project extends ProjectSettings {
  wanted: ReadonlyMap<ExtensionId, Wanted>;
}

const KEYS = ['site', 'proxy', 'min_age', 'extensions'];
const WANTED_KEYS = ['version', 'prereleases', 'asset'];

/** The `extensions.toml` of a folder, or of the nearest one around it that has one. */
export async function findProject(folder: string): Promise<Project | undefined> {
  const found = await findProjectText(folder);
  return found && { ...parseProject(found.text), folder: found.folder };
}

/** The `extensions.toml` of a folder; undefined where it has none. @throws RegistryError `config`, `storage` */
export async function readProject(folder: string): Promise<Project | undefined> {
  const text = await readProjectText(folder);
  return text === undefined ? undefined : { ...parseProject(text), folder };
}

/** Every fault at once, each with its key. @throws RegistryError `config` */
export function parseProject(text: string): Omit<Project, 'folder'> {
  const table = parseToml(text);
  const faults: string[] = [];
  const check = <T>(key: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      faults.push(`${key}: ${messageOf(error)}`);
      return undefined;
    }
  };
  for (const key of Object.keys(table)) check(key, () => requireKnown(key, KEYS));
  const sites = check('site', () => sitesOf(table['site']));
  const proxy = check('proxy', () => textOf(table['proxy']));
  const minAge = check('min_age', () => textOf(table['min_age']));
  const wanted = new Map<ExtensionId, Wanted>();
  for (const [key, value] of Object.entries(check('extensions', () => tableOf(table['extensions'])) ?? {})) {
    check(`extensions.${JSON.stringify(key)}`, () => wanted.set(parseExtensionId(key), wantedOf(value)));
  }
  if (faults.length > 0) throw new RegistryError('config', `${PROJECT_FILE} is wrong. ${faults.join(' ')}`);
  return {
    wanted,
    ...(sites !== undefined && { sites }),
    ...(proxy !== undefined && { proxy }),
    ...(minAge !== undefined && { minAge }),
  };
}

function parseToml(text: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    const where = cause instanceof TomlError ? `, line ${cause.line}` : '';
    const why = messageOf(cause).split('\n')[0] ?? '';
    throw new RegistryError('config', `${PROJECT_FILE}${where} is not TOML: ${why}.`, { cause });
  }
}

function requireKnown(key: string, known: readonly string[]): void {
  if (known.includes(key)) return;
  const [near] = suggest(key, known);
  throw new RegistryError(
    'config',
    near === undefined ? `is not known; the keys are ${known.join(', ')}.` : `is not known; did you mean ${near}?`,
  );
}

function sitesOf(value: TomlValue | undefined): string[] | undefined {
  if (value === undefined || typeof value === 'string') return value === undefined ? undefined : [value];
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')) return value;
  throw new RegistryError('config', "must be the URL or folder of a site's v1, or a list of its mirrors.");
}

function textOf(value: TomlValue | undefined): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new RegistryError('config', 'must be a text.');
}

function tableOf(value: TomlValue | undefined): TomlTable {
  if (value === undefined) return {};
  if (isTable(value)) return value;
  throw new RegistryError('config', 'must be a table of "type/name" = "range".');
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

function wantedOf(value: TomlValue): Wanted {
  const table: TomlTable = typeof value === 'string' ? { version: value } : tableOf(value);
  for (const key of Object.keys(table)) requireKnown(key, WANTED_KEYS);
  const { version = 'latest', prereleases = false, asset } = table;
  if (typeof version !== 'string') throw new RegistryError('config', 'version must be a text such as "^1.2".');
  if (version !== 'latest') parseRange(version);
  if (typeof prereleases !== 'boolean') throw new RegistryError('config', 'prereleases must be true or false.');
  if (asset !== undefined && (typeof asset !== 'string' || !isSafeAssetName(asset))) {
    throw new RegistryError('config', 'asset must be the name of a file.');
  }
  return { range: version, ...(prereleases && { prereleases }), ...(asset !== undefined && { asset }) };
}
