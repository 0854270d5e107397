import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseSimulation, provideDebian } from './debian.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'debian-test-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  path = `${join(folder, 'bin')}:${env['PATH']}`;
  await mkdir(join(folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const WISH = { packages: ['sundial'], programs: ['sundial-server'], files: ['/usr/lib/sundial/noon.so'] };

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}`);
  await chmod(join(folder, 'bin', name), 0o755);
}

/** An apt-get that knows one version of one package, where it finds lists, and the dpkg that unpacks it. */
async function fakeDebian({ version = '1.0-1', knows = 'true' } = {}): Promise<void> {
  const calls = join(folder, 'calls');
  await program(
    'apt-get',
    `echo "$*" >> ${calls}
    case "$*" in
      *update*) touch ${join(folder, 'updated')} ;;
      *--simulate*) ${knows} || { echo 'E: Unable to locate package sundial' >&2; exit 100; }
        echo 'Inst sundial (${version} Debian:12.15/oldstable [amd64])'
        echo 'Conf sundial (${version} Debian:12.15/oldstable [amd64])' ;;
      *download*) touch sundial_${version}.deb ;;
    esac`,
  );
  await program(
    'dpkg',
    `mkdir -p "$3/usr/sbin" "$3/usr/lib/sundial" "$3/usr/lib/x86_64-linux-gnu"
    echo "$2" > "$3/usr/sbin/sundial-server"
    touch "$3/usr/lib/sundial/noon.so"`,
  );
}

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trimEnd().split('\n');

describe('provideDebian', () => {
  test('unpacks what is missing, once, and names its libraries', async () => {
    await fakeDebian();
    const lines: string[] = [];
    const provide = () => provideDebian(WISH, { path, report: (line) => lines.push(line) });
    const { paths, env: more } = await provide();
    const [kept = '', ...others] = await readdir(join(folder, 'cache', 'extension-registry-tools'));
    const root = join(folder, 'cache', 'extension-registry-tools', kept);
    expect(others).toEqual([]);
    expect(kept).toMatch(/^debian-[0-9a-f]{32}$/);
    expect(paths).toEqual({
      'sundial-server': join(root, 'usr/sbin/sundial-server'),
      '/usr/lib/sundial/noon.so': join(root, 'usr/lib/sundial/noon.so'),
    });
    expect(more).toEqual({ LD_LIBRARY_PATH: join(root, 'usr/lib/x86_64-linux-gnu') });
    expect(await provide()).toEqual({ paths, env: more });
    expect(lines).toEqual(['fetching sundial=1.0-1']);
    expect((await calls()).filter((each) => each.includes('download'))).toEqual(['download sundial=1.0-1']);
  });

  test('unpacks another version beside the old one', async () => {
    await fakeDebian();
    const old = await provideDebian(WISH, { path });
    await fakeDebian({ version: '1.0-1+deb12u1' });
    const { paths } = await provideDebian(WISH, { path });
    expect(paths['sundial-server']).not.toBe(old.paths['sundial-server']);
    expect(await readFile(paths['sundial-server'] ?? '', 'utf8')).toContain('sundial_1.0-1+deb12u1.deb');
  });

  test('takes what is installed', async () => {
    await program('sundial-server', '');
    const found = await provideDebian({ packages: ['sundial'], programs: ['sundial-server'] }, { path });
    expect(found).toEqual({ paths: { 'sundial-server': join(folder, 'bin', 'sundial-server') }, env: {} });
  });

  test('fetches package lists of its own where the system has none', async () => {
    await fakeDebian({ knows: `[ -e ${join(folder, 'updated')} ]` });
    const { paths } = await provideDebian(WISH, { path });
    expect(paths['sundial-server']).toContain('usr/sbin/sundial-server');
    const update = (await calls()).find((each) => each.endsWith('update'));
    expect(update).toContain(`Dir::State::Lists=${join(folder, 'cache', 'extension-registry-tools', 'debian-lists')}`);
  });

  test('tells what is missing, the remedy and what apt-get said', async () => {
    await fakeDebian({ knows: 'false' });
    await expect(provideDebian(WISH, { path })).rejects.toThrow(
      /^sundial-server, \/usr\/lib\/sundial\/noon\.so missing, and apt-get could not fetch them:\n[^]*Unable to locate package sundial[^]*Install Debian's packages sundial or their like/,
    );
  });

  test('tells the remedy where there is no apt-get', async () => {
    await expect(provideDebian(WISH, { path: join(folder, 'bin') })).rejects.toThrow(
      "there is no apt-get to fetch them with. Install Debian's packages sundial or their like and run this again.",
    );
  });
});

describe('parseSimulation', () => {
  test('has what would be installed or upgraded, with the version', () => {
    const output = `Reading package lists...
Inst libluajit-5.1-2 (2.1.0~beta3-4.1 Debian:12.15/oldstable [amd64])
Inst libc6 [2.36-9] (2.36-9+deb12u10 Debian:12.15/oldstable [amd64])
Conf libluajit-5.1-2 (2.1.0~beta3-4.1 Debian:12.15/oldstable [amd64])
`;
    expect(parseSimulation(output)).toEqual(
      new Map([
        ['libluajit-5.1-2', '2.1.0~beta3-4.1'],
        ['libc6', '2.36-9+deb12u10'],
      ]),
    );
  });
});
