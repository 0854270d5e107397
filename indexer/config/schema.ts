import { Ajv, type ValidateFunction } from 'ajv';
import type { ConfigFile } from './config-file.ts';
import { FORMATS } from './formats.ts';

/*
 * The one place that says which keys there are. Every `description` is a noun phrase: the faults are made of it
 * ("99999 is not …", "is missing; add …"), so it names the rule and, where it helps, an example.
 */

function wholeNumber(minimum: number, maximum: number, note = ''): object {
  return { type: 'integer', minimum, maximum, description: `a whole number from ${minimum} to ${maximum}${note}` };
}

function text(format: string, description: string): object {
  return { type: 'string', format, description };
}

function list(items: object, description: string): object {
  return { type: 'array', items, minItems: 1, maxItems: 10_000, uniqueItems: true, description };
}

function table<P extends object>(properties: P, required: string[] = []) {
  return {
    type: 'object',
    properties,
    required,
    additionalProperties: false,
    description: 'one table: write its name once, in single brackets',
  };
}

const SWITCH = { type: 'boolean', description: 'true or false' };
/** Longer waits than an hour hide a dead backend. */
const TIMEOUT = wholeNumber(1, 3600);

const CA_PATH = text('path', 'the path of a file of certificates in PEM form, such as "ca.pem"');

const SERVER_KEYS = {
  host: text('listen-host', 'an IP address or a host name to listen on, without a port, such as "0.0.0.0"'),
  port: wholeNumber(0, 65_535, ' (0 takes a free port)'),
  workers: wholeNumber(1, 64),
  enable_cors: SWITCH,
  enable_compression: SWITCH,
  cors_origins: list(
    text('cors-origin', '"*" or an origin: scheme, host and port, such as "https://app.example.org"'),
    'a list of origins, such as ["https://app.example.org"]',
  ),
};

const GITEA_KEYS = {
  url: text(
    'base-url',
    'the http or https URL of the server, such as "https://git.example.org", without user, query or fragment',
  ),
  organization: text('organization', 'the name of the organization that is crawled, such as "extensions"'),
  token_path: text('path', 'the path of a file that holds the token'),
  timeout_seconds: TIMEOUT,
  verify_ssl: SWITCH,
  ca_path: CA_PATH,
  include_private: SWITCH,
  include_forks: SWITCH,
};

const OCI_KEYS = {
  registry: text(
    'registry',
    'a host such as "registry.example.org" or "localhost:5000", or an http or https URL without user, query or fragment; ' +
      'a path of repositories belongs into namespace',
  ),
  namespace: text('oci-namespace', 'a path of repositories in lower case, such as "acme/extensions"'),
  auth_token_path: text('path', 'the path of a file that holds the token, or the password of username'),
  timeout_seconds: TIMEOUT,
  verify_ssl: SWITCH,
  ca_path: CA_PATH,
  repositories: list(
    text('oci-name', 'the name of a repository in lower case, such as "kubernetes-taskserv"'),
    'a list of names of repositories',
  ),
  username: text('user-id', 'the name of a user, without a colon or control characters'),
  token_service: text('origin', 'an origin: scheme, host and port, such as "https://auth.example.org"'),
  keywords_annotation: text('annotation-key', 'the key of an annotation, such as "org.example.keywords"'),
};

const SOURCE_KEYS = {
  name: text(
    'name-segment',
    'a name of lower-case letters and digits with single . _ - between them (not "search", "versions" or "notes"), such as "mirror"',
  ),
  priority: wholeNumber(-1000, 1000, ' (higher is preferred)'),
  owns: list(
    text('owned-names', 'a pattern type/name with * for any part of one side, such as "provider/*"'),
    'a list of patterns, such as ["provider/*"]',
  ),
};

/** The kinds of `[[source]]`, in words. */
export const KIND_DESCRIPTION = '"gitea" or "oci"';

function kind(name: string): object {
  return { type: 'string', const: name, description: KIND_DESCRIPTION };
}

// `username` without its password would send every request without a credential.
const OCI_NEEDS = { dependencies: { username: ['auth_token_path'] } };

const TYPE_KEYS = {
  gitea: text('gitea-ending', 'an ending of names of Gitea repositories: letters, digits and . _ -'),
  oci: text(
    'oci-ending',
    'an ending of names of OCI repositories: lower-case letters and digits, with . _ - before them',
  ),
};

const TABLES = {
  server: table(SERVER_KEYS),
  gitea: table(GITEA_KEYS, ['url', 'organization']),
  oci: { ...table(OCI_KEYS, ['registry']), ...OCI_NEEDS },
  source: {
    type: 'array',
    description: 'a list of tables: write [[source]], in double brackets, before each one',
    maxItems: 100,
    items: {
      type: 'object',
      description: 'a table',
      discriminator: { propertyName: 'kind' },
      oneOf: [
        table({ ...SOURCE_KEYS, kind: kind('gitea'), ...GITEA_KEYS }, ['name', 'kind', 'url', 'organization']),
        { ...table({ ...SOURCE_KEYS, kind: kind('oci'), ...OCI_KEYS }, ['name', 'kind', 'registry']), ...OCI_NEEDS },
      ],
    },
  },
  cache: table({
    capacity: wholeNumber(1, 1_000_000, ' documents'),
    ttl_seconds: wholeNumber(1, 86_400),
    enable_metadata_cache: SWITCH,
    enable_list_cache: SWITCH,
  }),
  types: {
    type: 'object',
    description: 'one table: write [types] once, in single brackets',
    additionalProperties: {
      ...table(TYPE_KEYS),
      description: 'a table of endings, such as { gitea = "_workflow", oci = "-workflow" }',
    },
  },
  site: table({
    path: text(
      'site-place',
      'the path of a folder, or an http, https or s3 URL without user, query or fragment, such as "s3://bucket/prefix"',
    ),
    public_url: text('base-url', 'an http or https URL without user, query or fragment'),
    keep_generations: wholeNumber(1, 1_000, ' generations'),
    badges: SWITCH,
  }),
  publish: {
    ...table({
      to: text('bucket-place', 'a bucket with a prefix, such as "s3://bucket/prefix"'),
      twins: SWITCH,
      compress: SWITCH,
    }),
    dependencies: { twins: ['to'], compress: ['to'] },
  },
  s3: {
    ...table({
      endpoint: text('base-url', 'the http or https URL of an S3 API, such as "https://minio.example.org"'),
      region: text('region', 'the name of a region, such as "eu-central-1"'),
      path_style: SWITCH,
      access_key_id_path: text('path', 'the path of a file that holds the access key'),
      secret_access_key_path: text('path', 'the path of a file that holds the secret of the access key'),
      session_token_path: text('path', 'the path of a file that holds the token of temporary credentials'),
      timeout_seconds: TIMEOUT,
      ca_path: CA_PATH,
    }),
    dependencies: {
      access_key_id_path: ['secret_access_key_path'],
      secret_access_key_path: ['access_key_id_path'],
      session_token_path: ['access_key_id_path'],
    },
  },
  policy: table({ file: text('path', 'the path of a policy file, such as "policy.toml"') }),
  indexer: table({
    concurrency: wholeNumber(1, 64),
    // A timer of Node ends at 2^31 milliseconds, which is 24.8 days; a week leaves room.
    interval_seconds: wholeNumber(1, 604_800, ' (a week)'),
    digests: { type: 'string', enum: ['all', 'latest', 'sidecar'], description: '"all", "latest" or "sidecar"' },
    digest_budget_bytes: wholeNumber(1, 2 ** 50, ' (1 PiB)'),
    deadline_seconds: wholeNumber(1, 86_400, ' (a day)'),
    recent_seconds: wholeNumber(0, 31_536_000, ' (a year)'),
    look_again_seconds: wholeNumber(0, 31_536_000, ' (a year; 0 reads all each time)'),
    max_heap_mb: wholeNumber(16, 1_048_576, ' (MiB)'),
    max_loss_percent: wholeNumber(0, 100, ' (percent; 100 lets everything pass)'),
    max_age_seconds: wholeNumber(1, 31_536_000, ' (a year)'),
    previous: text('place', 'the path of a folder, or an http, https, file or s3 URL without user, query or fragment'),
  }),
  // A post that nobody can check would tell receivers to believe anybody.
  notify: {
    ...table({
      webhook: text(
        'webhook-url',
        'an http or https URL without user or fragment, such as "https://hooks.example.org/registry"',
      ),
      secret_path: text('path', 'the path of a file that holds the secret of the webhook'),
      timeout_seconds: wholeNumber(1, 60),
    }),
    dependencies: { webhook: ['secret_path'], secret_path: ['webhook'], timeout_seconds: ['webhook'] },
  },
};

/** The JSON Schema (draft 7, with OpenAPI's `discriminator`) of a configuration file. */
export const CONFIG_SCHEMA = { type: 'object', properties: TABLES, additionalProperties: false };

/** Each error has the value and the schema around it (`verbose`), and all errors are given. */
export const validateConfigFile: ValidateFunction<ConfigFile> = new Ajv({
  allErrors: true,
  verbose: true,
  discriminator: true,
  formats: FORMATS,
}).compile<ConfigFile>(CONFIG_SCHEMA);
