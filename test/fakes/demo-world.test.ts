import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDemoWorld, type DemoWorld } from '../demo/world.ts';
import { createTarGz } from './archive.ts';
import { digestOf } from './oci.ts';

describe('createTarGz', () => {
  test('packs ustar entries in blocks of 512 bytes, with a right checksum and no time', () => {
    const archive = createTarGz([{ name: 'tool/README.md', content: 'hello' }]);
    const tar = gunzipSync(archive);
    expect(tar.length).toBe(4 * 512);
    expect(tar.toString('latin1', 0, 14)).toBe('tool/README.md');
    expect(tar.toString('latin1', 124, 135)).toBe('00000000005');
    expect(tar.toString('latin1', 257, 265)).toBe('ustar\x0000');
    expect(tar.toString('latin1', 512, 517)).toBe('hello');
    const sum = tar.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    expect(Number.parseInt(tar.toString('latin1', 148, 154), 8)).toBe(sum);
    // Bytes 4 to 7 of gzip's header are its time (RFC 1952).
    expect([...archive.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });
});

describe('startDemoWorld', () => {
  let world: DemoWorld;
  beforeEach(async () => {
    world = await startDemoWorld();
  });
  afterEach(() => world.close());

  async function getJson<T>(url: string): Promise<T> {
    const response = await fetch(url, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
    return (await response.json()) as T;
  }

  test('has at least 16 extensions of three types in two backends', async () => {
    const { gitea, organization, oci, namespace } = world;
    const repositories = await getJson<{ name: string }[]>(`${gitea.url}/api/v1/orgs/${organization}/repos`);
    const catalog = await getJson<{ repositories: string[] }>(`${oci.url}/v2/_catalog`);
    const inGitea = repositories.map((each) => each.name).filter((each) => /_(prov|taskserv|cluster)$/.test(each));
    const inOci = catalog.repositories.filter((each) => each.startsWith(`${namespace}/`));
    expect(inGitea.length + inOci.length).toBeGreaterThanOrEqual(16);
    for (const suffix of ['prov', 'taskserv', 'cluster']) expect(inGitea.join()).toContain(`_${suffix}`);
    for (const suffix of ['provider', 'taskserv', 'cluster']) expect(inOci.join()).toContain(`-${suffix}`);
  });

  test('has one version at both, with the same bytes and a sidecar that agrees', async () => {
    const { gitea, organization, oci, namespace } = world;
    const name = 'kubernetes-1.31.2.tar.gz';
    const download = `${gitea.url}/${organization}/kubernetes_taskserv/releases/download/v1.31.2/${name}`;
    const bytes = new Uint8Array(await (await fetch(download)).arrayBuffer());
    const manifest = await getJson<{ layers: { digest: string }[] }>(
      `${oci.url}/v2/${namespace}/kubernetes-taskserv/manifests/1.31.2`,
    );
    expect(manifest.layers[0]!.digest).toBe(digestOf(bytes));
    const sidecar = await (await fetch(`${download}.sha256`)).text();
    expect(sidecar).toBe(`${digestOf(bytes).slice('sha256:'.length)}  ${name}\n`);
  });

  test('has build metadata as each backend writes it', async () => {
    const { gitea, organization, oci, namespace } = world;
    const tag = await fetch(
      `${gitea.url}/api/v1/repos/${organization}/postgres_taskserv/releases/tags/1.0.0%2Bbuild.5`,
    );
    expect(tag.status).toBe(200);
    const { tags } = await getJson<{ tags: string[] }>(`${oci.url}/v2/${namespace}/longhorn-taskserv/tags/list`);
    expect(tags).toContain('1.1.0_build.5');
  });

  test('is the same at every start', async () => {
    const other = await startDemoWorld();
    const listOf = async ({ gitea, organization }: DemoWorld) => {
      const url = `${gitea.url}/api/v1/repos/${organization}/aws_prov/releases`;
      return (await (await fetch(url)).text()).replaceAll(gitea.url, '');
    };
    expect(await listOf(other)).toBe(await listOf(world));
    await other.close();
  });
});
