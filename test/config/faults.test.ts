import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConfigFolder, GITEA, MIRROR, OCI, type ConfigFolder } from './config-folder.ts';

const HTTP_URL =
  'the http or https URL of the server, such as "https://git.example.org", without user, query or fragment.';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
  await folder.write('a.token', 'x');
});
afterAll(() => folder.remove());

describe('loadConfig', () => {
  test('reports all faults at once, each with its key and a remedy', async () => {
    const error = await folder
      .load(
        `
        port = 8082

        [server]
        prot = 8082
        workers = 0
        cors_origins = ["*", "https://admin:hunter2@app.example.org"]

        [gitea]
        url = "https://admin:hunter2@git.example.org"
        token_path = "ghp_hunter2"
        verify-ssl = false
        timeout_seconds = "30"

        [oci]
        registry = "ghcr.io/acme"
        username = "hunter2"
        password = "hunter2"

        [[source]]
        name = "mirror"
        kind = "oci"
        registry = "localhost:5000"
        timeout_seconds = 99999
        url = "https://hunter2@registry.example.org"

        [[source]]
        name = "gitea"
        kind = "git"

        [[source]]
        kind = "gitea"
        owns = ["provider"]

        [[source]]
        name = "mirror"
        kind = "gitea"
        url = "http://localhost:3000"
        organization = "extensions"
        owns = ["providr/*"]

        [types]
        prov = {}

        [chache]
        capacity = 1
        `,
      )
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'config',
      message: `${join(folder.path, 'registry.toml')} has 24 faults:
  port: stands outside of the tables; move it below [server].
  [chache]: is not a table of the configuration; did you mean [cache]?
  [server] prot: is not a key of this table; did you mean port?
  [server] workers: 0 is not a whole number from 1 to 64.
  [server] cors_origins[1]: the value is not "*" or an origin: scheme, host and port, such as "https://app.example.org".
  [gitea] organization: is missing; add the name of the organization that is crawled, such as "extensions".
  [gitea] verify-ssl: is not a key of this table; did you mean verify_ssl?
  [gitea] url: the value is not the http or https URL of the server, such as "https://git.example.org", without user, query or fragment.
  [gitea] timeout_seconds: "30" is not a whole number from 1 to 3600, without quotes.
  [oci] password: is not a key of this table; its keys are registry, namespace, auth_token_path, timeout_seconds, verify_ssl, ca_path, repositories, username, token_service, keywords_annotation.
  [oci] auth_token_path: is missing beside username; add the path of a file that holds the token, or the password of username.
  [oci] registry: the value is not a host such as "registry.example.org" or "localhost:5000", or an http or https URL without user, query or fragment; a path of repositories belongs into namespace.
  [[source]] "mirror" url: is not a key of this table; its keys are name, priority, owns, kind, registry, namespace, auth_token_path, timeout_seconds, verify_ssl, ca_path, repositories, username, token_service, keywords_annotation.
  [[source]] "mirror" timeout_seconds: 99999 is not a whole number from 1 to 3600.
  [[source]] "gitea" kind: "git" is not "gitea" or "oci".
  [[source]] #3 name: is missing; add a name of lower-case letters and digits with single . _ - between them (not "search", "versions" or "notes"), such as "mirror".
  [[source]] #3 url: is missing; add the http or https URL of the server, such as "https://git.example.org", without user, query or fragment.
  [[source]] #3 organization: is missing; add the name of the organization that is crawled, such as "extensions".
  [[source]] #3 owns[0]: "provider" is not a pattern type/name with * for any part of one side, such as "provider/*".
  [server] cors_origins: names origins beside "*", which means all; keep one or the other.
  [[source]] "mirror" name: is the name of an earlier [[source]]; choose another.
  [[source]] "mirror" owns[0]: "providr" is no type; the types are provider, taskserv, cluster, prov.
  [types] prov.gitea: "_prov" is the ending of provider; give each type its own.
  [gitea] token_path: names a file that does not exist; give the path of a file, absolute or from the folder of this configuration, and never the secret itself.`,
    });
    expect(String(error)).not.toContain('hunter2');
  });

  test('counts a single fault', async () => {
    await expect(folder.load('')).rejects.toThrow(
      /registry\.toml has 1 fault:\n {2}the file: names no source; add a \[gitea\], an \[oci\] or a \[\[source\]\] table\.$/,
    );
  });
});

describe('a key', () => {
  test.each([
    [`${GITEA}timout_seconds = 1`, '[gitea] timout_seconds: is not a key of this table; did you mean timeout_seconds?'],
    [`${OCI}token_path = "x"`, '[oci] token_path: is not a key of this table; did you mean auth_token_path?'],
    [`${OCI}token = "x"`, '[oci] token: is not a key of this table; did you mean auth_token_path or token_service?'],
    [
      `${OCI}"a b\\n" = 1`,
      String.raw`[oci] "a b\n": is not a key of this table; its keys are registry, namespace, auth_token_path, timeout_seconds, verify_ssl, ca_path, repositories, username, token_service, keywords_annotation.`,
    ],
    [
      `${GITEA}__proto__ = 1`,
      '[gitea] __proto__: is not a key of this table; its keys are url, organization, token_path, timeout_seconds, verify_ssl, ca_path, include_private, include_forks.',
    ],
    [
      `${GITEA}priority = 1`,
      '[gitea] priority: is not a key of this table; its keys are url, organization, token_path, timeout_seconds, verify_ssl, ca_path, include_private, include_forks.',
    ],
    [
      `${MIRROR}organization = "x"`,
      '[[source]] "mirror" organization: is not a key of this table; its keys are name, priority, owns, kind, registry, namespace, auth_token_path, timeout_seconds, verify_ssl, ca_path, repositories, username, token_service, keywords_annotation.',
    ],
    [`${GITEA}[types]\nwork = { git = "_w" }`, '[types] work.git: is not a key of this table; did you mean gitea?'],
    [`${GITEA}[sever]`, '[sever]: is not a table of the configuration; did you mean [server]?'],
    [`${GITEA}[[sources]]`, '[[sources]]: is not a table of the configuration; did you mean [[source]]?'],
    [
      `${GITEA}[logging]`,
      '[logging]: is not a table of the configuration; the tables are [server], [gitea], [oci], [[source]], [cache], [types], [site], [publish], [s3], [policy], [indexer], [notify].',
    ],
    [`ttl_seconds = 1\n${GITEA}`, 'ttl_seconds: stands outside of the tables; move it below [cache].'],
    [
      `colour = 1\n${GITEA}`,
      'colour: is not a table of the configuration; the tables are [server], [gitea], [oci], [[source]], [cache], [types], [site], [publish], [s3], [policy], [indexer], [notify].',
    ],
  ])('that is unknown is a fault: %j', async (toml, fault) => {
    await expect(folder.faults(toml)).resolves.toEqual([fault]);
  });

  test.each([
    ['[gitea]\norganization = "x"', `[gitea] url: is missing; add ${HTTP_URL}`],
    [
      '[gitea]\nurl = "https://git.example.org"',
      '[gitea] organization: is missing; add the name of the organization that is crawled, such as "extensions".',
    ],
    [
      '[oci]',
      '[oci] registry: is missing; add a host such as "registry.example.org" or "localhost:5000", or an http or https URL without user, query or fragment; a path of repositories belongs into namespace.',
    ],
    [
      `${OCI}username = "bob"`,
      '[oci] auth_token_path: is missing beside username; add the path of a file that holds the token, or the password of username.',
    ],
    [
      `${MIRROR}username = "bob"`,
      '[[source]] "mirror" auth_token_path: is missing beside username; add the path of a file that holds the token, or the password of username.',
    ],
    ['[[source]]\nname = "mirror"', '[[source]] "mirror" kind: is missing; add "gitea" or "oci".'],
    [
      `${OCI}[[source]]\nkind = "oci"\nregistry = "localhost"`,
      '[[source]] #1 name: is missing; add a name of lower-case letters and digits with single . _ - between them (not "search", "versions" or "notes"), such as "mirror".',
    ],
  ])('that is missing is a fault: %j', async (toml, fault) => {
    await expect(folder.faults(toml)).resolves.toEqual([fault]);
  });

  test.each([
    ['[server]\nport = 65536', '[server] port: 65536 is not a whole number from 0 to 65535 (0 takes a free port).'],
    ['[server]\nport = -1', '[server] port: -1 is not a whole number from 0 to 65535 (0 takes a free port).'],
    [
      '[server]\nport = "80"',
      '[server] port: "80" is not a whole number from 0 to 65535 (0 takes a free port), without quotes.',
    ],
    ['[server]\nworkers = 65', '[server] workers: 65 is not a whole number from 1 to 64.'],
    ['[server]\nworkers = 1.5', '[server] workers: 1.5 is not a whole number from 1 to 64.'],
    ['[server]\nenable_cors = "true"', '[server] enable_cors: "true" is not true or false, without quotes.'],
    [
      '[server]\nhost = "0.0.0.0:80"',
      '[server] host: "0.0.0.0:80" is not an IP address or a host name to listen on, without a port, such as "0.0.0.0".',
    ],
    ['[server]\ncors_origins = []', '[server] cors_origins: is empty; name at least one, or leave the key out.'],
    [
      '[server]\ncors_origins = "*"',
      '[server] cors_origins: a text is not a list of origins, such as ["https://app.example.org"].',
    ],
    [
      '[server]\ncors_origins = ["*", "https://a.org"]',
      '[server] cors_origins: names origins beside "*", which means all; keep one or the other.',
    ],
    [
      '[server]\ncors_origins = ["https://u:hunter2@a.org"]',
      '[server] cors_origins[0]: the value is not "*" or an origin: scheme, host and port, such as "https://app.example.org".',
    ],
    ['[cache]\ncapacity = 0', '[cache] capacity: 0 is not a whole number from 1 to 1000000 documents.'],
    ['[cache]\nttl_seconds = inf', '[cache] ttl_seconds: nan or inf is not a whole number from 1 to 86400.'],
    ['[cache]\nttl_seconds = 1979-05-27', '[cache] ttl_seconds: "1979-05-27" is not a whole number from 1 to 86400.'],
    ['[cache]\nttl_seconds = [1]', '[cache] ttl_seconds: a list is not a whole number from 1 to 86400.'],
    ['[[cache]]', '[[cache]]: a list is not one table: write its name once, in single brackets.'],
    [
      '[site]\npath = ""',
      '[site] path: the value is not the path of a folder, or an http, https or s3 URL without user, query or fragment, such as "s3://bucket/prefix".',
    ],
    [
      '[site]\npublic_url = "registry.example.org"',
      '[site] public_url: the value is not an http or https URL without user, query or fragment.',
    ],
    [
      '[indexer]\ninterval_seconds = 604801',
      '[indexer] interval_seconds: 604801 is not a whole number from 1 to 604800 (a week).',
    ],
    ['[indexer]\ndigests = "none"', '[indexer] digests: "none" is not "all", "latest" or "sidecar".'],
    [
      '[indexer]\ndigest_budget_bytes = 0',
      '[indexer] digest_budget_bytes: 0 is not a whole number from 1 to 1125899906842624 (1 PiB).',
    ],
    [
      '[indexer]\ndeadline_seconds = 86401',
      '[indexer] deadline_seconds: 86401 is not a whole number from 1 to 86400 (a day).',
    ],
    ['[indexer]\nmax_heap_mb = 15', '[indexer] max_heap_mb: 15 is not a whole number from 16 to 1048576 (MiB).'],
    [
      '[indexer]\nmax_age_seconds = 0',
      '[indexer] max_age_seconds: 0 is not a whole number from 1 to 31536000 (a year).',
    ],
    [
      '[indexer]\nprevious = "https://u:hunter2@a.org/"',
      '[indexer] previous: the value is not the path of a folder, or an http, https, file or s3 URL without user, query or fragment.',
    ],
  ])('of the tables without a source is checked: %j', async (toml, fault) => {
    await expect(folder.faults(`${GITEA}${toml}`)).resolves.toEqual([fault]);
  });

  test.each([
    ['gitea = "https://u:hunter2@a.org"', 'gitea: a text is not one table: write its name once, in single brackets.'],
    ['[gitea]\norganization = "x"\nurl = "git.example.org"', `[gitea] url: the value is not ${HTTP_URL}`],
    [
      '[gitea]\nurl = "https://a.org"\norganization = "a/b"',
      '[gitea] organization: "a/b" is not the name of the organization that is crawled, such as "extensions".',
    ],
    [`${GITEA}timeout_seconds = 3601`, '[gitea] timeout_seconds: 3601 is not a whole number from 1 to 3600.'],
    [`${GITEA}include_forks = 1`, '[gitea] include_forks: 1 is not true or false.'],
    [`${GITEA}token_path = 123456`, '[gitea] token_path: the value is not the path of a file that holds the token.'],
    [
      `${OCI}namespace = "Acme"`,
      '[oci] namespace: "Acme" is not a path of repositories in lower case, such as "acme/extensions".',
    ],
    [`${OCI}repositories = []`, '[oci] repositories: is empty; name at least one, or leave the key out.'],
    [`${OCI}repositories = ["a-provider", "a-provider"]`, '[oci] repositories: names the same twice; leave one out.'],
    [
      `${OCI}repositories = ["A-provider"]`,
      '[oci] repositories[0]: "A-provider" is not the name of a repository in lower case, such as "kubernetes-taskserv".',
    ],
    [
      `${OCI}auth_token_path = "a.token"\nusername = "bob:hunter2"`,
      '[oci] username: the value is not the name of a user, without a colon or control characters.',
    ],
    [
      `${OCI}token_service = "https://auth.example.org/token"`,
      '[oci] token_service: the value is not an origin: scheme, host and port, such as "https://auth.example.org".',
    ],
    [
      `${OCI}keywords_annotation = "a b"`,
      '[oci] keywords_annotation: "a b" is not the key of an annotation, such as "org.example.keywords".',
    ],
    ['[source]', '[source]: a table is not a list of tables: write [[source]], in double brackets, before each one.'],
    ['source = []', 'the file: names no source; add a [gitea], an [oci] or a [[source]] table.'],
    ['source = ["x"]', '[[source]] #1: a text is not a table.'],
    ['[[source]]\nname = "mirror"\nkind = "git"', '[[source]] "mirror" kind: "git" is not "gitea" or "oci".'],
    ['[[source]]\nname = "mirror"\nkind = 1', '[[source]] "mirror" kind: 1 is not "gitea" or "oci".'],
    [
      MIRROR.replace('mirror', 'Mirror'),
      '[[source]] "Mirror" name: "Mirror" is not a name of lower-case letters and digits with single . _ - between them (not "search", "versions" or "notes"), such as "mirror".',
    ],
    [
      `${MIRROR}priority = 1001`,
      '[[source]] "mirror" priority: 1001 is not a whole number from -1000 to 1000 (higher is preferred).',
    ],
    [
      `${MIRROR}owns = ["provider"]`,
      '[[source]] "mirror" owns[0]: "provider" is not a pattern type/name with * for any part of one side, such as "provider/*".',
    ],
    [
      `${MIRROR}owns = ["cluster/a", "clustr/*"]`,
      '[[source]] "mirror" owns[1]: "clustr" is no type; the types are provider, taskserv, cluster.',
    ],
  ])('of a source is checked: %j', async (toml, fault) => {
    const faults = await folder.faults(toml);
    expect(faults).toEqual([fault]);
    expect(faults.join()).not.toContain('hunter2');
  });
});
