import { resolve } from 'node:path';
import { isObjectPlace, parseObjectPlace, type StoreConnection, type StoreCredentials } from '../model/object-store.ts';
import { isLoopback, parseBase } from './address.ts';
import { readCertificates } from './certificates.ts';
import type { ConfigFile, Loose } from './config-file.ts';
import type { ConfigIo } from './config-io.ts';
import { readSecret } from './secret.ts';

type Environment = ConfigIo['env'];
type StoreTable = NonNullable<ConfigFile['s3']>;

/** What the files and variables hold that object stores are reached by, or what is wrong with them. */
export interface StoreSecrets {
  credentials?: StoreCredentials;
  ca?: string;
  faults: string[];
  warnings: string[];
}

const VISIBLE = /^[\x21-\x7e]+$/;
const REGION = /^[A-Za-z0-9-]{1,64}$/;
/** What stores that have no regions go by. */
const DEFAULT_REGION = 'us-east-1';
const KEYS = {
  accessKeyId: { key: 'access_key_id_path', variable: 'AWS_ACCESS_KEY_ID' },
  secretAccessKey: { key: 'secret_access_key_path', variable: 'AWS_SECRET_ACCESS_KEY' },
  sessionToken: { key: 'session_token_path', variable: 'AWS_SESSION_TOKEN' },
} as const;
type SecretName = keyof typeof KEYS;

/** Whether anything of the configuration is in an object store. */
export function usesStore({ publish, site, indexer }: Loose<ConfigFile>): boolean {
  return [publish?.to, site?.path, indexer?.previous].some((each) => each !== undefined && isObjectPlace(each));
}

/** The files that `[s3]` names; where it names no key, the variables that AWS's own tools go by. */
export async function readStoreSecrets(file: Loose<ConfigFile>, folder: string, io: ConfigIo): Promise<StoreSecrets> {
  const secrets: StoreSecrets = { faults: [], warnings: [] };
  const { s3 = {} } = file;
  if (!usesStore(file)) {
    if (Object.keys(s3).length > 0) secrets.warnings.push('[s3]: has no effect, for no place begins with s3://.');
    return secrets;
  }
  const named = Object.keys(KEYS).some((name) => s3[KEYS[name as SecretName].key] !== undefined);
  const found = named ? await readFiles(s3, { folder, io, secrets }) : readVariables(io.env, secrets);
  const { accessKeyId, secretAccessKey, sessionToken } = found;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    secrets.credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  }
  const variable = s3.endpoint === undefined ? endpointIn(io.env) : undefined;
  if (variable !== undefined && !isBaseUrl(variable.text)) {
    secrets.faults.push(`${variable.name}: is not an http or https URL without user, query or fragment.`);
  }
  if (s3.ca_path !== undefined) {
    const { ca, fault, warning } = await readCertificates(resolve(folder, s3.ca_path), io);
    if (ca !== undefined) secrets.ca = ca;
    if (fault !== undefined) secrets.faults.push(`[s3] ca_path: ${fault}`);
    if (warning !== undefined) secrets.warnings.push(`[s3] ca_path: ${warning}`);
  }
  return secrets;
}

type Found = Partial<Record<SecretName, string>>;

async function readFiles(
  table: Loose<StoreTable>,
  { folder, io, secrets }: { folder: string; io: ConfigIo; secrets: StoreSecrets },
): Promise<Found> {
  const found: Found = {};
  for (const [name, { key }] of Object.entries(KEYS) as [SecretName, (typeof KEYS)[SecretName]][]) {
    const path = table[key];
    if (path === undefined) continue;
    const { secret, fault, warning } = await readSecret(resolve(folder, path), io);
    if (secret !== undefined) found[name] = secret;
    if (fault !== undefined) secrets.faults.push(`[s3] ${key}: ${fault}`);
    if (warning !== undefined) secrets.warnings.push(`[s3] ${key}: ${warning}`);
  }
  return found;
}

/** No text that comes back holds a variable's content. */
function readVariables(env: Environment, { faults }: StoreSecrets): Found {
  const found: Found = {};
  for (const [name, { variable }] of Object.entries(KEYS) as [SecretName, (typeof KEYS)[SecretName]][]) {
    const value = env[variable];
    if (value === undefined || value === '') continue;
    if (VISIBLE.test(value)) found[name] = value;
    else faults.push(`${variable}: has spaces, several lines or characters beyond ASCII; set it to the key alone.`);
  }
  const [id, secret] = [found.accessKeyId, found.secretAccessKey];
  if (faults.length === 0 && (id === undefined) !== (secret === undefined)) {
    const [missing, given] = id === undefined ? ['accessKeyId', 'secretAccessKey'] : ['secretAccessKey', 'accessKeyId'];
    faults.push(
      `${KEYS[missing as SecretName].variable}: is missing beside ${KEYS[given as SecretName].variable}; set both, or name files in [s3].`,
    );
  }
  return found;
}

/** Undefined where nothing of the configuration is in an object store. */
export function storeFromFile(
  file: ConfigFile,
  { credentials, ca }: StoreSecrets,
  env: Environment,
): StoreConnection | undefined {
  if (!usesStore(file)) return undefined;
  const { s3 = {} } = file;
  const endpoint = s3.endpoint ?? endpointIn(env)?.text;
  const region = s3.region ?? [env['AWS_REGION'], env['AWS_DEFAULT_REGION']].find(isRegion);
  return {
    ...(endpoint !== undefined && { endpoint: parseBase(endpoint).href }),
    region: region ?? DEFAULT_REGION,
    // AWS alone has a host for each bucket that needs nobody's doing, and a certificate for names without a dot.
    pathStyle: s3.path_style ?? (endpoint !== undefined || bucketsOf(file).some((each) => each.includes('.'))),
    timeoutMs: (s3.timeout_seconds ?? 30) * 1_000,
    ...(credentials && { credentials }),
    ...(ca !== undefined && { ca }),
  };
}

/** What is allowed, and hardly meant. */
export function warningsOfStore({ endpoint, ca, credentials }: StoreConnection): string[] {
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  const isPlain = url?.protocol === 'http:';
  const isSeen = isPlain && !isLoopback(url) && credentials !== undefined;
  return [
    ...(isSeen ? ['[s3] endpoint: what is published goes there unencrypted over http; use https.'] : []),
    ...(isPlain && ca !== undefined ? ['[s3] ca_path: has no effect over http; use https, or leave the key out.'] : []),
  ];
}

export function isRegion(text: string | undefined): text is string {
  return text !== undefined && REGION.test(text);
}

function endpointIn(env: Environment): { name: string; text: string } | undefined {
  const variables = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'].map((name) => ({ name, text: env[name] ?? '' }));
  return variables.find(({ text }) => text !== '');
}

function isBaseUrl(text: string): boolean {
  try {
    parseBase(text);
    return true;
  } catch {
    return false;
  }
}

function bucketsOf({ publish, site, indexer }: ConfigFile): string[] {
  const places = [publish?.to, site?.path, indexer?.previous];
  return places.flatMap((each) => (each !== undefined && isObjectPlace(each) ? [parseObjectPlace(each).bucket] : []));
}
