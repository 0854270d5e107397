import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../indexer/config/load.ts';
import { RegistryError } from '../../indexer/model/errors.ts';
import { createConfigFolder, GITEA, OCI, type ConfigFolder } from './config-folder.ts';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());

describe('loadConfig', () => {
  test('fills in every default', async () => {
    const { config, warnings } = await folder.load(GITEA + OCI);
    expect(config).toEqual({
      server: { host: '127.0.0.1', port: 8082, workers: 1, corsOrigins: ['*'], enableCompression: true },
      sources: [
        {
          kind: 'gitea',
          name: 'gitea',
          base: new URL('https://git.example.org/'),
          organization: 'extensions',
          priority: 0,
          owns: [],
          timeoutMs: 30_000,
          verifyTls: true,
          includePrivate: false,
          includeForks: false,
        },
        {
          kind: 'oci',
          name: 'oci',
          base: new URL('https://registry.example.org/'),
          namespace: '',
          priority: 0,
          owns: [],
          timeoutMs: 30_000,
          verifyTls: true,
        },
      ],
      cache: { capacity: 10_000, ttlSeconds: 300, enableMetadataCache: true, enableListCache: true },
      types: new Map([
        ['provider', { gitea: '_prov', oci: '-provider' }],
        ['taskserv', { gitea: '_taskserv', oci: '-taskserv' }],
        ['cluster', { gitea: '_cluster', oci: '-cluster' }],
      ]),
      site: { path: join(folder.path, 'public'), keepGenerations: 5, badges: false },
      policy: [],
      indexer: {
        concurrency: 4,
        digests: 'all',
        deadlineSeconds: 1_800,
        recentSeconds: 86_400,
        lookAgainSeconds: 604_800,
        maxLossPercent: 10,
        maxAgeSeconds: 86_400,
      },
    });
    expect(warnings).toEqual([]);
  });

  test('takes every value that is given', async () => {
    await folder.write('gitea.token', 'gitea-secret');
    await folder.write('oci.token', 'oci-secret');
    const { config } = await folder.load(`
      [server]
      host = "::"
      port = 0
      workers = 2
      enable_cors = true
      cors_origins = ["https://app.example.org/", "http://localhost:3000"]
      enable_compression = false
      [gitea]
      url = "https://git.example.org/git"
      organization = "Extensions"
      token_path = "gitea.token"
      timeout_seconds = 5
      verify_ssl = false
      include_private = true
      include_forks = true
      [oci]
      registry = "localhost:5000"
      namespace = "/acme/extensions/"
      auth_token_path = "oci.token"
      timeout_seconds = 6
      verify_ssl = false
      repositories = ["aws-provider", "acme/extensions/build-workflow"]
      username = "robot"
      token_service = "https://auth.example.org/"
      keywords_annotation = "org.example.keywords"
      [cache]
      capacity = 7
      ttl_seconds = 8
      enable_metadata_cache = false
      enable_list_cache = false
      [types]
      workflow = {}
      theme = { gitea = ".theme" }
      [site]
      path = "../site"
      public_url = "https://registry.example.org/base/"
      keep_generations = 3
      badges = true
      [indexer]
      concurrency = 9
      interval_seconds = 10
      digests = "latest"
      digest_budget_bytes = 5_000_000_000
      deadline_seconds = 11
      max_heap_mb = 512
      max_loss_percent = 25
      max_age_seconds = 12
      previous = "old/v1"
    `);
    expect(config).toMatchObject({
      server: { host: '::', port: 0, workers: 2, enableCompression: false },
      sources: [
        {
          base: new URL('https://git.example.org/git/'),
          organization: 'Extensions',
          secret: 'gitea-secret',
          timeoutMs: 5_000,
          verifyTls: false,
          includePrivate: true,
          includeForks: true,
        },
        {
          base: new URL('http://localhost:5000/'),
          namespace: 'acme/extensions',
          secret: 'oci-secret',
          timeoutMs: 6_000,
          verifyTls: false,
          repositories: ['aws-provider', 'acme/extensions/build-workflow'],
          username: 'robot',
          tokenService: 'https://auth.example.org',
          keywordsAnnotation: 'org.example.keywords',
        },
      ],
      cache: { capacity: 7, ttlSeconds: 8, enableMetadataCache: false, enableListCache: false },
      site: {
        path: join(folder.path, '../site'),
        publicUrl: 'https://registry.example.org/base',
        keepGenerations: 3,
        badges: true,
      },
      indexer: {
        concurrency: 9,
        intervalSeconds: 10,
        digests: 'latest',
        digestBudgetBytes: 5_000_000_000,
        deadlineSeconds: 11,
        maxHeapMb: 512,
        maxLossPercent: 25,
        maxAgeSeconds: 12,
        previous: join(folder.path, 'old/v1'),
      },
    });
    expect(config.server.corsOrigins).toEqual(['https://app.example.org', 'http://localhost:3000']);
    expect([...config.types].slice(3)).toEqual([
      ['workflow', { gitea: '_workflow', oci: '-workflow' }],
      ['theme', { gitea: '.theme', oci: '-theme' }],
    ]);
  });

  test('sorts sources by priority and keeps the order of equal ones', async () => {
    const source = (name: string, priority: string) =>
      `[[source]]\nname = "${name}"\nkind = "oci"\nregistry = "localhost"\nowns = ["provider/*"]\n${priority}\n`;
    const { config } = await folder.load(
      source('last', 'priority = -1') + source('same', '') + source('first', 'priority = 5') + OCI + GITEA,
    );
    expect(config.sources.map(({ name, priority }) => [name, priority])).toEqual([
      ['first', 5],
      ['gitea', 0],
      ['oci', 0],
      ['same', 0],
      ['last', -1],
    ]);
    expect(config.sources[0]?.owns).toEqual(['provider/*']);
  });

  test('lets a source have the name of a table that is not there', async () => {
    const { config } = await folder.load(`${GITEA}[[source]]\nname = "oci"\nkind = "oci"\nregistry = "localhost"\n`);
    expect(config.sources.map(({ name }) => name)).toEqual(['gitea', 'oci']);
  });

  test.each([
    ['', ['*'], []],
    ['enable_cors = false', [], []],
    ['cors_origins = ["*"]', ['*'], []],
    [
      'enable_cors = false\ncors_origins = ["https://a.example.org"]',
      [],
      ['[server] cors_origins: has no effect while enable_cors is false; set it to true, or leave the origins out.'],
    ],
  ])('with %j in [server] has its origins', async (keys, corsOrigins, expected) => {
    const { config, warnings } = await folder.load(`[server]\n${keys}\n${GITEA}`);
    expect({ corsOrigins: config.server.corsOrigins, warnings }).toEqual({ corsOrigins, warnings: expected });
  });

  test.each(['https://registry.example.org/api/v1', 'file:///srv/registry/v1'])(
    'leaves the URL %s of a previous site as it is',
    async (previous) => {
      const { config } = await folder.load(`${GITEA}[indexer]\nprevious = "${previous}"\n`);
      expect(config.indexer.previous).toBe(previous);
    },
  );

  test('reads a file that begins with a byte order mark', async () => {
    await expect(folder.load(`\uFEFF${GITEA}`)).resolves.toMatchObject({ warnings: [] });
  });

  test('says that there is no file', async () => {
    const file = join(folder.path, 'none.toml');
    await expect(loadConfig(file)).rejects.toMatchObject({
      code: 'config',
      message: `${file}: there is no such configuration file; check the path, or start from deploy/registry.example.toml.`,
    });
  });

  test('says that a file cannot be read', async () => {
    await expect(loadConfig(folder.path)).rejects.toMatchObject({
      code: 'config',
      message: `${folder.path}: the configuration cannot be read (EISDIR); check the path, or start from deploy/registry.example.toml.`,
    });
  });

  test('says where the TOML is broken, and quotes nothing of the line', async () => {
    const error = await folder.load('[gitea]\ntoken = "hunter2\n').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RegistryError);
    const { code, message, cause } = error as RegistryError;
    expect({ code, message, cause }).toEqual({
      code: 'config',
      message: `${join(folder.path, 'registry.toml')}:2:17: control characters are not allowed in strings; correct the TOML there.`,
      cause: undefined,
    });
  });
});
