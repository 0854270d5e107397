import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { v1Of } from '../../builders.ts';
import { AWS_1, AWS_1_1, BIG, digestOf, REDIS, sharedSite } from '../../proxy/world.ts';
import { openWorkplace } from './install-world.ts';

const shared = sharedSite();
const DOWNLOAD = /^GET \/attachments\//;
const MAIN = join(import.meta.dirname, '../../../cli/main.ts');

async function openPlace() {
  const world = await shared();
  return { world, place: await openWorkplace({ url: `${world.url}/api/v1` }) };
}

describe('extension download', () => {
  test('writes the newest stable version beside us, verified, and the second time from the cache', async () => {
    const { place, world } = await openPlace();
    const first = await place.run('download', 'provider/aws');
    const file = join(place.folder, 'aws_prov.tar.gz');
    const told = `${file}: provider/aws 1.1.0+build.5, 5.9 KiB, ${digestOf(AWS_1_1)}`;
    expect(first).toEqual({ code: 0, stdout: `${told}\n`, stderr: '' });
    expect((await readFile(file)).equals(AWS_1_1)).toBe(true);
    const again = await place.run('download', 'aws', '--site', v1Of(world.config), '--proxy', world.url);
    expect(again.stdout).toBe(`${told} (from the cache)\n`);
  });

  test('takes a range, an asset and a place, and tells them as JSON', async () => {
    const { place } = await openPlace();
    const target = join(place.folder, 'notes.txt');
    const asset = ['--asset', 'notes für aws.txt', '-o', target];
    expect(await place.json('download', 'aws@~1.0', ...asset)).toEqual({
      extension: 'provider/aws',
      version: '1.0.0',
      asset: 'notes für aws.txt',
      file: target,
      size: 7,
      digest: digestOf(Buffer.from('Grüße')),
      from_cache: false,
    });
    expect(await readFile(target, 'utf8')).toBe('Grüße');
    expect(await place.json('download', 'aws', '--prereleases', '--output', place.folder)).toMatchObject({
      version: '2.0.0-rc.1',
      file: join(place.folder, 'aws_prov.tar.gz'),
    });
  });

  test('writes to standard output, whose reader may stop reading', async () => {
    const { place } = await openPlace();
    const shell = `"$0" "$1" download taskserv/redis -o - > redis.bin && "$0" "$1" download big -o - | head -c 5; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', shell, process.execPath, MAIN], {
      cwd: place.folder,
      env: place.env,
      encoding: 'buffer',
    });
    expect(stderr.toString()).toBe('');
    expect((await readFile(join(place.folder, 'redis.bin'))).equals(REDIS)).toBe(true);
    expect(stdout.equals(Buffer.concat([BIG.subarray(0, 5), Buffer.from(' 0\n')]))).toBe(true);
  });

  test('is ended by Ctrl-C with nothing half done, and goes on the next time', async () => {
    const { place, world } = await openPlace();
    world.gitea.misbehave({ match: DOWNLOAD, times: 1, fault: { kind: 'pause', afterBytes: 2 * 1024 * 1024 } });
    const { child, ended } = place.start('download', 'big');
    const partial = async (): Promise<number> => {
      const files = await readdir(join(place.cache, 'downloads'), { recursive: true }).catch(() => []);
      const sizes = files.map((each) =>
        stat(join(place.cache, 'downloads', each)).then(
          ({ size }) => size,
          () => 0,
        ),
      );
      return Math.max(0, ...(await Promise.all(sizes)));
    };
    while ((await partial()) < 1_024 * 1_024) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      stdout: '',
      stderr: 'extension: Interrupted: nothing is half done; run it again.\n',
    });
    expect(await readdir(place.folder)).toEqual([]);
    world.gitea.heal();
    world.gitea.forget();
    expect((await place.run('download', 'big', '--verbose')).stderr).toMatch(/^GET \S+big_taskserv\.tar\.gz: 206 /m);
    expect((await readFile(join(place.folder, 'big_taskserv.tar.gz'))).equals(BIG)).toBe(true);
  });

  test('leaves what is there where the bytes are wrong', async () => {
    const { place, world } = await openPlace();
    const file = join(place.folder, 'aws_prov.tar.gz');
    await place.write('aws_prov.tar.gz', 'mine');
    world.gitea.misbehave({ match: DOWNLOAD, fault: { kind: 'wrongBytes' } });
    const ended = await place.run('download', 'aws@1.0.0');
    world.gitea.heal();
    expect(ended).toMatchObject({ code: 5, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('mine');
    const { place: other } = await openPlace();
    expect((await other.run('download', 'aws@1.0.0', '-o', file)).code).toBe(0);
    expect((await readFile(file)).equals(AWS_1)).toBe(true);
  });
});
