import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConfigFolder, GITEA, MIRROR, OCI, type ConfigFolder } from './config-folder.ts';

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());

describe('the name of a source', () => {
  test.each([
    [MIRROR + MIRROR, '[[source]] "mirror" name: is the name of an earlier [[source]]; choose another.'],
    [
      GITEA + MIRROR.replace('mirror', 'gitea'),
      '[[source]] "gitea" name: is the name of the source of [gitea]; choose another.',
    ],
    [
      OCI + MIRROR.replace('mirror', 'oci'),
      '[[source]] "oci" name: is the name of the source of [oci]; choose another.',
    ],
  ])('is used once: %j', async (toml, fault) => {
    await expect(folder.faults(toml)).resolves.toEqual([fault]);
  });
});

describe('[oci] repositories', () => {
  test.each(['redis', 'deep/redis-taskserv', 'provider'])('with %j is a fault', async (name) => {
    await expect(folder.faults(`${OCI}namespace = "acme"\nrepositories = ["${name}"]`)).resolves.toEqual([
      `[oci] repositories[0]: "${name}" is no extension of the namespace; name repositories that end in one of -provider, -taskserv, -cluster.`,
    ]);
  });

  test.each(['redis-taskserv', 'acme/redis-taskserv', 'build-workflow'])('with %j is right', async (name) => {
    const toml = `${OCI}namespace = "acme"\nrepositories = ["${name}"]\n[types]\nworkflow = {}\n`;
    await expect(folder.load(toml)).resolves.toMatchObject({ warnings: [] });
  });
});

describe('[types]', () => {
  test.each([
    [
      'workflow = "x"',
      '[types] workflow: a text is not a table of endings, such as { gitea = "_workflow", oci = "-workflow" }.',
    ],
    [
      'workflow = { gitea = "" }',
      '[types] workflow.gitea: "" is not an ending of names of Gitea repositories: letters, digits and . _ -.',
    ],
    [
      'workflow = { oci = "-W" }',
      '[types] workflow.oci: "-W" is not an ending of names of OCI repositories: lower-case letters and digits, with . _ - before them.',
    ],
    [
      'workflow = { oci = "" }',
      '[types] workflow.oci: "" is not an ending of names of OCI repositories: lower-case letters and digits, with . _ - before them.',
    ],
    [
      'Workflow = {}',
      '[types] Workflow: is not the name of a type; use lower-case letters and digits with single . _ - between.',
    ],
    [
      'search = {}',
      '[types] search: is not the name of a type; use lower-case letters and digits with single . _ - between.',
    ],
    ['provider = {}', '[types] provider: is built in and keeps its endings; leave it out, or choose another name.'],
    ['prov = {}', '[types] prov.gitea: "_prov" is the ending of provider; give each type its own.'],
    ['a = { oci = "-cluster" }', '[types] a.oci: "-cluster" is the ending of cluster; give each type its own.'],
    ['a = {}\nb = { gitea = "_a" }', '[types] b.gitea: "_a" is the ending of a; give each type its own.'],
    ['a = {}\nb = { oci = "-a" }', '[types] b.oci: "-a" is the ending of a; give each type its own.'],
  ])('is checked: %j', async (toml, fault) => {
    const faults = await folder.faults(`${GITEA}[types]\n${toml}`);
    expect(faults.slice(0, 1)).toEqual([fault]);
  });

  test('may share an ending across kinds of source', async () => {
    const { config } = await folder.load(`${GITEA}[types]\na = { gitea = "-b" }\nb = {}\n`);
    expect(config.types.get('a')?.gitea).toBe(config.types.get('b')?.oci);
  });
});
