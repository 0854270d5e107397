import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../builders.ts';
import { createTar, createZip, withPax, type TarEntry, type ZipEntry } from './archives.ts';
import { unpackBytes } from './unpacking.ts';

const GOOD = { name: 'good', content: 'good' };

async function expectRefused(name: string, bytes: Buffer, why: RegExp): Promise<void> {
  await expect(unpackBytes(name, bytes)).rejects.toMatchObject({
    code: 'bad_answer',
    message: expect.stringMatching(why) as string,
  });
}

describe('a hostile name', () => {
  const cases: readonly (readonly [name: string, why: RegExp])[] = [
    ['/etc/cron.d/evil', /has an absolute path/],
    ['//server/share', /has an absolute path/],
    ['C:/Windows/evil', /has an absolute path/],
    ['C:evil', /has an absolute path/],
    ['../outside/evil', /leads out of its folder/],
    ['a/../../outside/evil', /leads out of its folder/],
    ['a/..', /leads out of its folder/],
    ['..', /leads out of its folder/],
    ['a\\..\\..\\evil', /has a \\ or : in its name|backslash|invalid characters/],
    ['file:stream', /has a \\ or : in its name/],
    ['line\nbreak', /has control characters/],
    ['\u001b[2Jclear', /has control characters/],
    ['bell\u0007', /has control characters/],
    ['txt.\u202eexe', /has control characters/],
    ['next\u0085line', /has control characters/],
    ['dot.', /ends in a dot or a space/],
    ['space ', /ends in a dot or a space/],
    ['sub./a', /ends in a dot or a space/],
    ['...', /ends in a dot or a space/],
    ['con', /the name of a device/],
    ['a/NUL.txt', /the name of a device/],
    ['Com1.tar.gz', /the name of a device/],
    ['lpt²', /the name of a device/],
    ['aux .c', /the name of a device/],
  ];

  test.each(cases)('%j is refused in a tar', async (name, why) => {
    await expectRefused('a.tar.gz', gzipSync(createTar([GOOD, { name, content: 'evil' }])), why);
  });

  // A line break ends a pax record for tar, which then goes by the name in the header.
  test.each(cases.filter(([name]) => !name.includes('\n')))('%j is refused in a pax header', async (name, why) => {
    const entries = [GOOD, ...withPax({ path: name }, { name: 'harmless', content: 'evil' })];
    await expectRefused('a.tar', createTar(entries), why);
  });

  test.each(cases)('%j is refused in a zip', async (name, why) => {
    const yauzls = /absolute path|invalid relative path|invalid characters/;
    await expectRefused(
      'a.zip',
      createZip([GOOD, { name, content: 'evil' }]),
      new RegExp(`${why.source}|${yauzls.source}`),
    );
  });

  test.each(cases)('%j is refused as a folder', async (name, why) => {
    await expectRefused('a.tar', createTar([GOOD, { name: `${name}/`, type: '5' }]), why);
  });

  test('that is no UTF-8 is refused', async () => {
    const entries = [{ name: Buffer.from([0x66, 0xff, 0xfe]), content: 'evil' }];
    await expectRefused('a.tar', createTar(entries), /has control characters in its name, or no text/);
  });

  test.each([
    ['x'.repeat(256), /a name of more than 255 bytes/],
    [`${'y'.repeat(200)}/`.repeat(6), /more than 1024 bytes/],
    [`${'d/'.repeat(65)}f`, /more than 64 folders deep/],
  ])('that is too long is refused (%#)', async (path, why) => {
    await expectRefused('a.tar', createTar([GOOD, ...withPax({ path }, { name: 'short' })]), why);
    await expectRefused('a.zip', createZip([GOOD, { name: path, content: '' }]), why);
  });

  test('steers no terminal by the message that names it', async () => {
    await expect(unpackBytes('a.tar', createTar([{ name: '\u001b]0;title\u0007\u202e\nx' }]))).rejects.toThrow(
      /^[\x20-\x7e]*$/,
    );
  });
});

describe('two names that are one on another file system', () => {
  test.each<[string, TarEntry[]]>([
    ['the same file twice', [{ name: 'a' }, { name: 'a' }]],
    ['the same by way of dots', [{ name: './a' }, { name: 'a' }]],
    ['case', [{ name: 'README' }, { name: 'readme' }]],
    ['case in folders', [{ name: 'Lib/a' }, { name: 'lib/b' }]],
    ['case of a folder and a file', [{ name: 'Lib/a' }, { name: 'lib' }]],
    ['accents composed and not', [{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }]],
    ['the sharp s', [{ name: 'stra\u00dfe' }, { name: 'STRASSE' }]],
    ['the long s', [{ name: '\u017fs' }, { name: 'ss' }]],
    ['the Kelvin sign', [{ name: '\u212a' }, { name: 'k' }]],
    ['a file where a folder is', [{ name: 'a/b' }, { name: 'a' }]],
    ['a folder where a file is', [{ name: 'a' }, { name: 'a/b' }]],
    ['a folder entry where a file is', [{ name: 'a' }, { name: 'a/', type: '5' }]],
    ['a link where a file is', [{ name: 'a' }, { name: 'b' }, { name: 'a', type: '2', target: 'b' }]],
  ])('are refused: %s', async (_, entries) => {
    const why = /is a folder as well|is there twice|has the same name as/;
    await expectRefused('a.tar', createTar(entries), why);
    const inZip = entries.map(({ name, type, target }): ZipEntry => {
      if (type === '2') return { name, content: target!, mode: 0o120777 };
      return { name, content: '' };
    });
    await expectRefused('a.zip', createZip(inZip), why);
  });
});

describe('a hostile link', () => {
  const links: readonly (readonly [title: string, link: { name: string; target: string }, why: RegExp])[] = [
    ['to an absolute path', { name: 'l', target: '/etc' }, /is a link to an absolute path/],
    ['out of the archive', { name: 'l', target: '..' }, /leads out of the archive/],
    ['out of the archive from below', { name: 'd/l', target: '../../outside' }, /leads out of the archive/],
    ['out and in again', { name: 'l', target: '../unpacked/good' }, /leads out of the archive/],
    ['to nothing', { name: 'l', target: 'nowhere' }, /is no entry of the archive/],
    ['through a file', { name: 'l', target: 'good/x' }, /is no entry of the archive/],
    ['by a backslash', { name: 'l', target: '..\\outside' }, /is a link to an absolute path/],
  ];

  test.each(links)('%s is refused', async (_, { name, target }, why) => {
    await expectRefused('a.tar', createTar([GOOD, { name: 'd/x' }, { name, type: '2', target }]), why);
    await expectRefused('a.zip', createZip([GOOD, { name: 'd/x' }, { name, content: target, mode: 0o120777 }]), why);
  });

  test('through another link is refused, since where that leads may be changed', async () => {
    // `up` leads to the top, so `up/..` leads out of it, although by its letters alone it would be `d`.
    const chain = [
      { name: 'd/x', content: '' },
      { name: 'd/up', type: '2', target: '..' },
      { name: 'd/out', type: '2', target: 'up/..' },
    ];
    await expectRefused('a.tar', createTar(chain), /is no entry of the archive/);
  });

  test('is never written through', async () => {
    const outside = await temporaryFolder();
    const through = [
      { name: 'l', type: '2', target: outside },
      { name: 'l/evil', content: 'evil' },
    ];
    await expectRefused('a.tar', createTar(through), /is there twice, or lies in a file|absolute path/);
    expect(await readdir(outside)).toEqual([]);
  });

  test.each([
    ['to what is outside', { name: 'h', target: '../outside/kept' }, /leads out of its folder/],
    ['to an absolute path', { name: 'h', target: '/etc/passwd' }, /has an absolute path/],
    ['to what is not there', { name: 'h', target: 'later' }, /is a hard link to no file that comes before it/],
    ['to itself', { name: 'h', target: 'h' }, /is a hard link to no file/],
    ['to a folder', { name: 'h', target: 'd' }, /is a hard link to no file/],
    ['to a link', { name: 'h', target: 'soft' }, /is a hard link to no file/],
  ])('that is a hard one %s is refused', async (_, { name, target }, why) => {
    const entries = [
      { name: 'd/x' },
      { name: 'soft', type: '2', target: 'd/x' },
      { name, type: '1', target },
      { name: 'later' },
    ];
    await expectRefused('a.tar', createTar(entries), why);
  });

  test('of a zip with a target of megabytes is refused', async () => {
    const link = { name: 'l', content: Buffer.alloc(5_000_000, 'a'), mode: 0o120777 };
    await expectRefused('a.zip', createZip([link]), /is a link to too long a path/);
  });
});

describe('an entry of a special kind', () => {
  test.each([
    ['a character device', '3'],
    ['a block device', '4'],
    ['a fifo', '6'],
  ])('is refused: %s', async (_, type) => {
    await expectRefused('a.tar', createTar([GOOD, { name: 'dev', type }]), /is a device, pipe or other special file/);
  });

  test.each(['S', 'V', 'M', 'D', 'Z'])('is refused: type %s, which is no file everywhere', async (type) => {
    await expectRefused(
      'a.tar',
      createTar([GOOD, { name: 'odd', type }]),
      /is of a kind that is not known|special file/,
    );
  });

  test.each([
    ['a character device', 0o020644],
    ['a block device', 0o060644],
    ['a fifo', 0o010644],
    ['a socket', 0o140644],
  ])('is refused in a zip: %s', async (_, mode) => {
    await expectRefused('a.zip', createZip([GOOD, { name: 'dev', mode }]), /is a device, pipe or other special file/);
  });

  test.each([0o4755, 0o2755, 0o6711])('is refused: a program that runs as another user (%o)', async (mode) => {
    const why = /would run as another user/;
    await expectRefused('a.tar', createTar([GOOD, { name: 'su', mode }]), why);
    await expectRefused('a.zip', createZip([GOOD, { name: 'su', mode: 0o100000 | mode }]), why);
  });

  test('is refused: metadata of more than a megabyte', async () => {
    const entries = [{ name: 'pax', type: 'x', content: Buffer.alloc(2_000_000, 'a') }, GOOD];
    await expectRefused('a.tar', createTar(entries), /is of a kind that is not known/);
  });
});

describe('a tar that two programs read differently', () => {
  test('is refused where a header is damaged, instead of read from the next one on', async () => {
    const bytes = createTar([GOOD, { name: 'second', content: 'second' }]);
    bytes.write('X', 1024);
    await expectRefused('a.tar', bytes, /It is no sound tar archive: .*checksum failure/);
  });

  test('is refused where a file has the target of a link', async () => {
    await expectRefused('a.tar', createTar([GOOD, { name: 'f', target: 'good' }]), /linkpath forbidden/);
  });
});

describe('what was refused', () => {
  test('has stopped: nothing is written after the error', async () => {
    const folder = join(await temporaryFolder(), 'stopped');
    const entries = Array.from({ length: 200 }, (_, at) => ({ name: `f${at}`, content: Buffer.alloc(5_000, at) }));
    const bytes = createTar([...entries, { name: '../evil', content: 'evil' }, { name: 'after', content: 'after' }]);
    await expect(unpackBytes('a.tar.gz', gzipSync(bytes), { folder })).rejects.toThrow('leads out of its folder');
    const left = await readdir(folder);
    expect(left).toHaveLength(200);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await readdir(folder)).toEqual(left);
  });
});
