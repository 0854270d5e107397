import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../indexer/model/digest.ts';
import { UNPACK_LIMITS } from '../../../cli/install/limits.ts';
import { readTar } from '../../../cli/install/read-tar.ts';
import { temporaryFolder } from '../../builders.ts';
import { createTar, createZip, withPax } from './archives.ts';
import { contentsOf, unpackBytes } from './unpacking.ts';

const TREE = [
  { name: './', type: '5', mode: 0o755 },
  { name: './README.md', content: '# Read me\n' },
  { name: './bin/', type: '5', mode: 0o2775 },
  { name: './bin/run', content: '#!/bin/sh\n', mode: 0o755 },
  { name: './bin/latest', type: '2', target: 'run' },
  { name: './empty/', type: '5' },
  { name: './lib/deep/data', content: 'x'.repeat(200_000) },
];
const UNPACKED = {
  'README.md': '# Read me\n',
  'bin/latest': '-> run',
  'bin/run': '*#!/bin/sh\n',
  empty: null,
  'lib/deep/data': 'x'.repeat(200_000),
};

const TAR = createTar(TREE);
const ZIP = createZip([
  { name: 'README.md', content: '# Read me\n', mode: 0o100644 },
  { name: 'bin/', mode: 0o040755 },
  { name: 'bin/run', content: '#!/bin/sh\n', mode: 0o100755 },
  { name: 'bin/latest', content: 'run', mode: 0o120777 },
  { name: 'empty/', mode: 0o040755 },
  { name: 'lib/deep/data', content: 'x'.repeat(200_000), mode: 0o100644 },
]);

describe('unpackAsset', () => {
  test.each([
    ['a.tar', TAR],
    ['a.tar.gz', gzipSync(TAR)],
    ['A.TGZ', gzipSync(TAR)],
    ['a.tar.zst', zstdCompressSync(TAR)],
    ['a.tzst', Buffer.concat([zstdCompressSync(TAR.subarray(0, 700)), zstdCompressSync(TAR.subarray(700))])],
    ['a.tar.gz', Buffer.concat([gzipSync(TAR.subarray(0, 700)), gzipSync(TAR.subarray(700))])],
    ['a.zip', ZIP],
  ])('unpacks %s, and tells what it wrote', async (name, bytes) => {
    const { folder, files } = await unpackBytes(name, bytes);
    expect(await contentsOf(folder)).toEqual(UNPACKED);
    expect(files).toEqual({
      'README.md': { size: 10, digest: digestOf('# Read me\n') },
      'bin/latest': { link: 'run' },
      'bin/run': { size: 10, digest: digestOf('#!/bin/sh\n'), executable: true },
      'lib/deep/data': { size: 200_000, digest: digestOf('x'.repeat(200_000)) },
    });
    expect(Object.keys(files)).toEqual(['README.md', 'bin/latest', 'bin/run', 'lib/deep/data']);
  });

  test('takes any other file as it is', async () => {
    const { folder, files } = await unpackBytes('tool-linux-amd64', Buffer.from('\u007fELF…'));
    expect(await contentsOf(folder)).toEqual({ 'tool-linux-amd64': '\u007fELF…' });
    expect(files).toEqual({ 'tool-linux-amd64': { size: 7, digest: digestOf('\u007fELF…') } });
  });

  test.each([
    ['application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(TAR)],
    ['application/vnd.oci.image.layer.v1.tar+zstd', zstdCompressSync(TAR)],
  ])(
    'goes by the media type %s where the name has no ending, as of a folder that oras packed',
    async (mediaType, bytes) => {
      const { folder } = await unpackBytes('folder', bytes, { mediaType });
      expect(await contentsOf(folder)).toEqual(UNPACKED);
      const named = await unpackBytes('folder.zip', ZIP, { mediaType });
      expect(await contentsOf(named.folder)).toEqual(UNPACKED);
    },
  );

  test('takes a plain file for one also where its media type is the one that oras gives all', async () => {
    const { folder } = await unpackBytes('tool', Buffer.from('x'), {
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
    });
    expect(await contentsOf(folder)).toEqual({ tool: 'x' });
  });

  test('keeps of a mode whether the file is a program, and of a folder nothing', async () => {
    const { folder } = await unpackBytes('a.tar', createTar([...TREE, { name: 'odd', content: '', mode: 0o1766 }]));
    expect((await stat(join(folder, 'odd'))).mode & 0o7022).toBe(0);
    expect((await stat(join(folder, 'bin'))).mode & 0o7022).toBe(0);
    expect((await stat(join(folder, 'odd'))).mode & 0o100).toBe(0o100);
  });

  test('unpacks a zip of MS-DOS, whose entries have no modes', async () => {
    const { folder } = await unpackBytes('a.zip', createZip([{ name: 'dir/' }, { name: 'dir/a.txt', content: 'a' }]));
    expect(await contentsOf(folder)).toEqual({ 'dir/a.txt': 'a' });
  });

  test('reads the names of a zip as they were meant, whatever is said of them', async () => {
    const entries = [
      { name: 'marked-ü', mode: 0o100644 },
      { name: 'unix-ü', mode: 0o100644, utf8: false },
      { name: Buffer.from([0x64, 0x6f, 0x73, 0x2d, 0x81]), utf8: false },
      { name: Buffer.from([0x6f, 0x6c, 0x64, 0x2d, 0x81]), mode: 0o100644, utf8: false },
    ];
    const { files } = await unpackBytes('a.zip', createZip(entries));
    expect(Object.keys(files)).toEqual(['dos-ü', 'marked-ü', 'old-ü', 'unix-ü']);
  });

  test('makes of a hard link a file of its own', async () => {
    const { folder, files } = await unpackBytes(
      'a.tar',
      createTar([
        { name: 'one', content: 'same', mode: 0o755 },
        { name: 'sub/two', type: '1', target: './one' },
      ]),
    );
    await writeFile(join(folder, 'one'), 'changed');
    expect(await contentsOf(folder)).toEqual({ one: '*changed', 'sub/two': '*same' });
    expect(files['sub/two']).toEqual(files['one']);
  });

  test('takes links to files, folders and other links of the archive, also to those that come later', async () => {
    const { folder } = await unpackBytes(
      'a.tar',
      createTar([
        { name: 'lib/libfoo.so', type: '2', target: 'libfoo.so.1' },
        { name: 'lib/libfoo.so.1', type: '2', target: './libfoo.so.1.2' },
        { name: 'lib/libfoo.so.1.2', content: 'code' },
        { name: 'docs', type: '2', target: 'share//doc/' },
        { name: 'share/doc/a', content: 'a' },
        { name: 'share/doc/up', type: '2', target: '../../lib' },
        { name: 'share/top', type: '2', target: '..' },
      ]),
    );
    expect(await readFile(join(folder, 'lib/libfoo.so'), 'utf8')).toBe('code');
    expect(await readdir(join(folder, 'docs'))).toEqual(['a', 'up']);
    expect(await readFile(join(folder, 'docs/up/libfoo.so'), 'utf8')).toBe('code');
    expect(await readdir(join(folder, 'share/top'))).toContain('docs');
  });

  test('takes names of more than a hundred bytes, of every script, and such as programs trip over', async () => {
    const long = `${'folder/'.repeat(20)}${'n'.repeat(200)}`;
    const { folder } = await unpackBytes(
      'a.tar',
      createTar([
        ...withPax({ path: long }, { name: 'short', content: 'long' }),
        { name: 'Grüße/日本語', content: 'text' },
        { name: '__proto__', content: 'p' },
        { name: 'constructor/toString', content: 'c' },
        { name: '-rf *', content: 'r' },
      ]),
    );
    expect(await contentsOf(folder)).toEqual(
      JSON.parse(
        `{"${long}": "long", "Grüße/日本語": "text", "__proto__": "p", "constructor/toString": "c", "-rf *": "r"}`,
      ),
    );
  });

  test('reads what GNU tar writes, sparse names and all', async () => {
    const source = await temporaryFolder();
    await writeFile(join(source, 'a'), 'a');
    await writeFile(join(source, 'b'.repeat(150)), 'b');
    const archive = join(await temporaryFolder(), 'gnu.tar.gz');
    execFileSync('tar', ['-C', source, '--format=gnu', '-czf', archive, '.']);
    const { folder } = await unpackBytes('gnu.tar.gz', await readFile(archive));
    expect(await contentsOf(folder)).toEqual({ a: 'a', ['b'.repeat(150)]: 'b' });
  });

  test('tells how much of the archive has been read', async () => {
    const told: number[] = [];
    const bytes = gzipSync(createTar([{ name: 'a', content: Buffer.alloc(3_000_000, 'a') }]));
    await unpackBytes('a.tar.gz', bytes, { onProgress: (read) => void told.push(read) });
    expect(told.length).toBeGreaterThan(10);
    expect(told.at(-1)).toBe(bytes.length);
  });
});

describe('unpackAsset of a damaged archive', () => {
  const random = Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7919) % 251));
  const damaged = Buffer.from(gzipSync(TAR));
  damaged.writeUInt32LE(0, damaged.length - 8);
  test.each([
    ['a.tar.gz', TAR, /is not installed. It is damaged: incorrect header check/],
    ['a.tar.gz', gzipSync(TAR).subarray(0, -20), /It is damaged: unexpected end of file/],
    ['a.tar.gz', damaged, /It is damaged: incorrect data check/],
    ['a.tar.gz', Buffer.alloc(0), /It is damaged/],
    ['a.tar.gz', gzipSync(gzipSync(TAR)), /It is no sound tar archive: it is compressed twice/],
    ['a.tar.gz', gzipSync(random), /It is no sound tar archive/],
    ['a.tar.zst', gzipSync(TAR), /It is damaged: Unknown frame descriptor/],
    ['a.tar.zst', zstdCompressSync(TAR).subarray(0, -5), /It is damaged: unexpected end of file/],
    ['a.tar', TAR.subarray(0, 512 * 8 + 100), /It is no sound tar archive: it ends in the middle/],
    ['a.tar', TAR.subarray(0, 512 * 20), /It is no sound tar archive: .*Truncated input/],
    ['a.tar', Buffer.alloc(10_240), /It is no sound tar archive: .*Unrecognized archive format/],
    ['a.tar', createTar([{ name: 'only/', type: '5' }]), /It holds no file/],
    ['a.tar', Buffer.concat([TAR.subarray(0, 512), random]), /It is no sound tar archive/],
    ['a.zip', ZIP.subarray(0, -30), /It is no sound zip archive/],
    ['a.zip', Buffer.from('PK'), /It is no sound zip archive/],
    ['a.zip', createZip([]), /It holds no file/],
    ['a.zip', createZip([{ name: 'a', content: 'abc', size: 2 }]), /It is damaged: too many bytes/],
    ['a.zip', createZip([{ name: 'a', content: 'abc', size: 4 }]), /It is damaged: not enough bytes/],
    ['a.zip', createZip([{ name: 'a', content: 'abc', encrypted: true }]), /Its entry "a" is encrypted/],
    ['a.tar.xz', TAR, /a.tar.xz is of a format that cannot be unpacked here: ask its publisher/],
    ['a.7z', TAR, /of a format that cannot be unpacked/],
  ])('(%s) says what is wrong with it', async (name, bytes, message) => {
    await expect(unpackBytes(name, bytes)).rejects.toThrow(message);
    await expect(unpackBytes(name, bytes)).rejects.toMatchObject({ code: 'bad_answer' });
  });

  test('reads what follows the end of a tar, and keeps nothing of it', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    let grown = 0;
    const source = async function* () {
      yield TAR;
      for (let mebibytes = 0; mebibytes < 64; mebibytes += 1) yield chunk;
      grown = process.memoryUsage().arrayBuffers - before;
    };
    const names: string[] = [];
    for await (const { name } of readTar(source())) names.push(name);
    expect(names).toEqual(TREE.map(({ name }) => name));
    expect(grown).toBeLessThan(48 * 1024 * 1024);
    const padded = gzipSync(Buffer.concat([TAR, chunk]));
    expect(await contentsOf((await unpackBytes('a.tar.gz', padded)).folder)).toEqual(UNPACKED);
  });
});

describe('unpackAsset with limits', () => {
  const limits = { entries: 10, totalBytes: 100_000, ratio: 20, freeBytes: 50_000 };
  const zeros = (size: number) => [{ name: 'zeros', content: Buffer.alloc(size) }];
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `f${at}` }));

  test.each([
    ['a.tar.gz', gzipSync(createTar(zeros(50_001)))],
    ['a.tar.zst', zstdCompressSync(createTar(zeros(50_001)))],
    ['a.zip', createZip(zeros(50_001))],
    ['a.tar', createTar(zeros(100_001))],
    // Each hard link is a copy.
    ['a.tar', createTar([...zeros(30_000), ...['a', 'b', 'c'].map((name) => ({ name, type: '1', target: 'zeros' }))])],
    // Two entries of one file: a zip may name the same bytes again and again.
    ['a.zip', createZip([...zeros(30_000), { ...zeros(30_000)[0]!, name: 'again' }])],
  ])('(%s) unpacks no more bytes than are allowed', async (name, bytes) => {
    await expect(unpackBytes(name, bytes, { limits })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/unpacks to more than the (?:50000|100000) bytes that are allowed/) as string,
    });
  });

  test.each([
    ['a.tar', createTar(many(11))],
    ['a.zip', createZip(many(11))],
    // A path is as many folders.
    ['a.tar', createTar([{ name: 'a/b/c/d/e/f/g/h/i/j/k' }])],
    ['a.tar', createTar(Array.from({ length: 11 }, (_, at) => ({ name: `f${at}`, type: '2', target: 'f0' })))],
  ])('(%s) makes no more entries than are allowed', async (name, bytes) => {
    await expect(unpackBytes(name, bytes, { limits })).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('It has more than the 10 entries that are allowed') as string,
    });
  });

  test('allow as much as a real archive has', async () => {
    await unpackBytes('a.tar.gz', gzipSync(createTar(zeros(50_000))), { limits });
    await unpackBytes('a.tar', createTar(many(10)), { limits });
    await unpackBytes('a.bin', Buffer.alloc(200_000), { limits });
  });

  test('stop a bomb early: little more is written than is allowed', async () => {
    const bomb = gzipSync(createTar(zeros(300 * 1024 * 1024)), { level: 9 });
    expect(bomb.length).toBeLessThan(400_000);
    const folder = join(await temporaryFolder(), 'bomb');
    await expect(unpackBytes('bomb.tar.gz', bomb, { folder })).rejects.toMatchObject({ code: 'too_large' });
    const { size } = await stat(join(folder, 'zeros'));
    expect(size).toBeLessThanOrEqual(Math.max(UNPACK_LIMITS.freeBytes, bomb.length * UNPACK_LIMITS.ratio));
  });
});

describe('unpackAsset that is interrupted', () => {
  test.each(['a.tar.gz', 'a.zip'])('(%s) ends with the reason, and writes nothing more', async (name) => {
    const entries = Array.from({ length: 50 }, (_, at) => ({ name: `f${at}`, content: Buffer.alloc(100_000, at) }));
    const bytes = name.endsWith('zip') ? createZip(entries) : gzipSync(createTar(entries));
    const controller = new AbortController();
    const folder = join(await temporaryFolder(), 'interrupted');
    const signal = controller.signal;
    const unpacking = unpackBytes(name, bytes, { folder, signal });
    while ((await readdir(folder).catch(() => [])).length < 3) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('by the user'));
    await expect(unpacking).rejects.toThrow('by the user');
    const left = await contentsOf(folder);
    expect(Object.keys(left).length).toBeLessThan(50);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await contentsOf(folder)).toEqual(left);
  });
});
