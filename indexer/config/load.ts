import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { RegistryError } from '../model/errors.ts';
import { BUILT_IN_TYPES, type ExtensionTypes } from '../model/extension.ts';
import type { StoreConnection } from '../model/object-store.ts';
import type { PolicyRule } from '../model/policy.ts';
import { isUrl, parseHttpUrl, parseOrigin } from './address.ts';
import type { Config, NotifyConfig, SourceConfig } from './config.ts';
import type { ConfigFile, Loose } from './config-file.ts';
import { errnoOf, REAL_IO, type ConfigIo } from './config-io.ts';
import { dropRefused, faultsOf } from './faults.ts';
import { notifyFromFile, readNotifySecret, warningsOfNotify } from './notify.ts';
import { readStoreSecrets, storeFromFile, warningsOfStore } from './object-store.ts';
import { readPolicy, type Policy } from './policy.ts';
import { addedTypes, faultsOfRules, warningsOf } from './rules.ts';
import { validateConfigFile } from './schema.ts';
import { readCertificates } from './certificates.ts';
import { readSecret } from './secret.ts';
import { secretKeyOf, sourceFromTable, tablesOf, unencryptedOf, unverifiedOf, type SourceFiles } from './sources.ts';

export interface LoadedConfig {
  config: Config;
  /** Each a line with its key: what is allowed, and hardly meant. */
  warnings: string[];
}

interface NamedFiles {
  /** Label of the source's table -> what the files hold that it names. */
  byLabel: Map<string, SourceFiles>;
  /** Of `[notify]`. */
  notifySecret?: string;
  faults: string[];
  warnings: string[];
}

/**
 * Reads and checks a configuration, the tokens, certificates and policy that it names. Relative paths in it start at its own
 * folder.
 * @throws RegistryError `config`; the message has one line for each fault, never only for the first
 */
export async function loadConfig(file: string, io: ConfigIo = REAL_IO): Promise<LoadedConfig> {
  const folder = dirname(resolve(file));
  const document = parseToml(file, await readConfigFile(file, io));
  const valid = validateConfigFile(document);
  const errors = validateConfigFile.errors ?? [];
  const faults = faultsOf(errors, document);
  if (!valid) dropRefused(errors, document);
  faults.push(...faultsOfRules(document as Loose<ConfigFile>));
  const files = await readFiles(document as Loose<ConfigFile>, folder, io);
  const policy = await loadPolicy(document as Loose<ConfigFile>, folder, io);
  const store = await readStoreSecrets(document as Loose<ConfigFile>, folder, io);
  faults.push(...files.faults, ...store.faults, ...policy.faults);
  if (!valid || faults.length > 0) throw faultyConfig(file, faults);
  const sources = tablesOf(document).map(({ label, table }) => ({
    label,
    table: sourceFromTable(table, files.byLabel.get(label) ?? {}),
  }));
  const s3 = storeFromFile(document, store, io.env);
  return {
    config: configFromFile(document, {
      folder,
      sources: sources.map(({ table }) => table),
      policy: policy.rules,
      notify: notifyFromFile(document, files.notifySecret),
      s3,
    }),
    warnings: [
      ...warningsOf(document),
      ...warningsOfNotify(document),
      ...files.warnings,
      ...store.warnings,
      ...(s3 === undefined ? [] : warningsOfStore(s3)),
      ...sources.flatMap(unencryptedOf),
      ...sources.flatMap(unverifiedOf),
    ],
  };
}

async function readConfigFile(file: string, io: ConfigIo): Promise<string> {
  try {
    return await io.readFile(file);
  } catch (error) {
    const code = errnoOf(error);
    const what =
      code === 'ENOENT' ? 'there is no such configuration file' : `the configuration cannot be read (${code})`;
    throw new RegistryError('config', `${file}: ${what}; check the path, or start from deploy/registry.example.toml.`, {
      cause: error,
    });
  }
}

function parseToml(file: string, text: string): unknown {
  try {
    // As JSON, a date is a string and infinity null: values that the schema knows, and refuses.
    return JSON.parse(JSON.stringify(parse(text)));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n', 1);
    // Without the cause, because its message quotes the line, which may hold a password.
    throw new RegistryError('config', `${file}:${error.line}:${error.column}: ${what}; correct the TOML there.`);
  }
}

async function readFiles(file: Loose<ConfigFile>, folder: string, io: ConfigIo): Promise<NamedFiles> {
  const files: NamedFiles = { byLabel: new Map(), faults: [], warnings: [] };
  const note = (key: string, { fault, warning }: { fault?: string; warning?: string }): void => {
    if (fault !== undefined) files.faults.push(`${key}: ${fault}`);
    if (warning !== undefined) files.warnings.push(`${key}: ${warning}`);
  };
  for (const { label, table } of tablesOf(file)) {
    const { key, path } = secretKeyOf(table);
    const secret = path === undefined ? {} : await readSecret(resolve(folder, path), io);
    const ca = table.ca_path === undefined ? {} : await readCertificates(resolve(folder, table.ca_path), io);
    note(`${label} ${key}`, secret);
    note(`${label} ca_path`, ca);
    files.byLabel.set(label, { ...secret, ...ca });
  }
  const notifyPath = file.notify?.secret_path;
  if (notifyPath !== undefined) {
    const { secret, ...rest } = await readNotifySecret(resolve(folder, notifyPath), io);
    note('[notify] secret_path', rest);
    if (secret !== undefined) files.notifySecret = secret;
  }
  return files;
}

async function loadPolicy(file: Loose<ConfigFile>, folder: string, io: ConfigIo): Promise<Policy> {
  const path = file.policy?.file;
  if (path === undefined) return { rules: [], faults: [] };
  const { rules, faults } = await readPolicy({ path: resolve(folder, path), name: path }, io);
  return { rules, faults: faults.map((each) => `[policy] file${each}`) };
}

function faultyConfig(file: string, faults: readonly string[]): RegistryError {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return new RegistryError('config', [`${file} has ${count}:`, ...faults.map((fault) => `  ${fault}`)].join('\n'));
}

/** What is checked beside the file's own values. */
interface CheckedParts {
  folder: string;
  sources: SourceConfig[];
  policy: PolicyRule[];
  notify: NotifyConfig | undefined;
  s3: StoreConnection | undefined;
}

function configFromFile(file: ConfigFile, { folder, sources, policy, notify, s3 }: CheckedParts): Config {
  const { server = {}, cache = {}, site = {}, indexer = {}, publish } = file;
  const types: ExtensionTypes = new Map([...BUILT_IN_TYPES, ...addedTypes(file)]);
  const { interval_seconds: intervalSeconds, digest_budget_bytes: digestBudgetBytes, previous } = indexer;
  const { max_heap_mb: maxHeapMb } = indexer;
  return {
    server: {
      host: server.host ?? '127.0.0.1',
      port: server.port ?? 8082,
      workers: server.workers ?? 1,
      corsOrigins: corsOriginsOf(server),
      enableCompression: server.enable_compression ?? true,
    },
    sources: sources.toSorted((a, b) => b.priority - a.priority),
    cache: {
      capacity: cache.capacity ?? 10_000,
      ttlSeconds: cache.ttl_seconds ?? 300,
      enableMetadataCache: cache.enable_metadata_cache ?? true,
      enableListCache: cache.enable_list_cache ?? true,
    },
    types,
    site: {
      path: placeOf(site.path ?? publish?.to ?? 'public', folder),
      ...(site.public_url !== undefined && { publicUrl: parseHttpUrl(site.public_url).href.replace(/\/+$/, '') }),
      keepGenerations: site.keep_generations ?? 5,
      badges: site.badges ?? false,
    },
    ...(publish?.to !== undefined && {
      publish: { to: publish.to, twins: publish.twins ?? false, compress: publish.compress ?? false },
    }),
    ...(s3 && { s3 }),
    ...(notify !== undefined && { notify }),
    policy,
    indexer: {
      concurrency: indexer.concurrency ?? 4,
      digests: indexer.digests ?? 'all',
      deadlineSeconds: indexer.deadline_seconds ?? 1_800,
      recentSeconds: indexer.recent_seconds ?? 86_400,
      lookAgainSeconds: indexer.look_again_seconds ?? 604_800,
      maxLossPercent: indexer.max_loss_percent ?? 10,
      maxAgeSeconds: indexer.max_age_seconds ?? 86_400,
      ...(intervalSeconds !== undefined && { intervalSeconds }),
      ...(digestBudgetBytes !== undefined && { digestBudgetBytes }),
      ...(maxHeapMb !== undefined && { maxHeapMb }),
      ...(previous !== undefined && { previous: placeOf(previous, folder) }),
    },
  };
}

function placeOf(text: string, folder: string): string {
  return isUrl(text) ? text : resolve(folder, text);
}

function corsOriginsOf({
  enable_cors: enabled = true,
  cors_origins: origins,
}: NonNullable<ConfigFile['server']>): string[] {
  if (!enabled) return [];
  return (origins ?? ['*']).map((origin) => (origin === '*' ? origin : parseOrigin(origin)));
}
