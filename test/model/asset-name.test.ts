import { describe, expect, test } from 'vitest';
import {
  choosePrimary,
  doubledNames,
  isCompanion,
  isSafeAssetName,
  isSidecar,
  mediaTypeOf,
  splitFileName,
} from '../../indexer/model/asset-name.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import { parseVersion } from '../../indexer/model/version.ts';

describe('choosePrimary', () => {
  const release = {
    id: parseExtensionId('provider/aws'),
    version: parseVersion('1.4.0'),
    repository: 'aws_prov',
  };

  test.each([
    ['the repository’s name before all', ['aws-1.4.0.tar.gz', 'aws_prov.tar.gz', 'z.zip'], 'aws_prov.tar.gz'],
    ['name and version', ['other.zip', 'aws-1.4.0.zip'], 'aws-1.4.0.zip'],
    ['the better known archive of two', ['aws-1.4.0.zip', 'aws-1.4.0.tar.gz'], 'aws-1.4.0.tar.gz'],
    ['the only archive', ['README.md', 'whatever.tgz'], 'whatever.tgz'],
    ['an archive in capitals', ['notes.txt', 'PLUGIN.TAR.GZ'], 'PLUGIN.TAR.GZ'],
    ['the only file', ['plugin.wasm'], 'plugin.wasm'],
    ['the only file beside its companions', ['SHA256SUMS', 'plugin', 'plugin.sha256', 'plugin.sig'], 'plugin'],
    ['the only archive, not its own signature', ['a.tar.gz', 'a.tar.gz.asc', 'b.spdx.json'], 'a.tar.gz'],
    ['none of two archives', ['linux.tar.gz', 'darwin.tar.gz'], undefined],
    ['none of two files', ['a.bin', 'b.bin'], undefined],
    ['none of companions alone', ['SHA256SUMS', 'sbom.cdx.json'], undefined],
    ['none where another version is named', ['aws-1.3.0.tar.gz', 'aws-1.3.1.tar.gz'], undefined],
    ['none of nothing', [], undefined],
  ])('takes %s', (_rule, names, expected) => expect(choosePrimary(names, release)).toBe(expected));

  test('knows a version with build metadata', () => {
    const built = { ...release, version: parseVersion('1.4.0+build.5') };
    expect(choosePrimary(['aws-1.4.0+build.5.tar.gz', 'x.tar.gz'], built)).toBe('aws-1.4.0+build.5.tar.gz');
  });
});

describe('isSafeAssetName', () => {
  test.each([
    'aws_prov.tar.gz',
    'aws-1.4.0+build.5.tar.gz',
    '_internal.bin',
    'Ärger über ß.zip',
    'plugin@2=x~1.txt',
    '1',
    'a..b',
    'a'.repeat(200),
  ])('takes %j', (name) => expect(isSafeAssetName(name)).toBe(true));

  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/etc/passwd',
    'C:x',
    '.hidden',
    '-rf',
    '~root',
    ' a',
    'a ',
    'a.',
    'a\nb',
    'a\u0000b',
    'a\u007Fb',
    'a\u202Egz.exe',
    'a\u200Bb',
    'a%2Fb',
    'a?b',
    'a#b',
    'a"b',
    "a'b",
    'a`b',
    'a$b',
    'a;b',
    'a&b',
    'a|b',
    'a<b',
    'a*b',
    'a:b',
    'u\u0308.zip',
    '\uD800.zip',
    'index.json',
    'INDEX.JSON',
    'versions',
    'Notes',
    'a'.repeat(201),
    'ä'.repeat(101),
  ])('refuses %j', (name) => expect(isSafeAssetName(name)).toBe(false));
});

describe('doubledNames', () => {
  test('finds names used twice, also when they differ in case only', () => {
    expect([...doubledNames(['a.zip', 'b.zip', 'A.zip', 'c', 'c'])].sort()).toEqual(['A.zip', 'a.zip', 'c']);
    expect(doubledNames(['a', 'b']).size).toBe(0);
  });
});

describe('isCompanion', () => {
  test.each([
    'a.tar.gz.sha256',
    'a.sha512sum',
    'a.md5',
    'a.sig',
    'a.asc',
    'a.minisig',
    'a.pem',
    'a.sigstore.json',
    'a.bundle',
    'a.intoto.jsonl',
    'a.sbom',
    'sbom.spdx.json',
    'sbom.cdx.xml',
    'SHA256SUMS',
    'sha256sums.txt',
    'A.SIG',
  ])('%s accompanies another file', (name) => expect(isCompanion(name)).toBe(true));

  test.each(['a.tar.gz', 'signature', 'sha256', 'values.json', 'MY-SHA256SUMS', 'a.sig.tar.gz'])(
    '%s stands alone',
    (name) => expect(isCompanion(name)).toBe(false),
  );
});

describe('isSidecar', () => {
  test.each([
    ['a.tar.gz.sha256', true],
    ['SHA256SUMS', true],
    ['SHA256SUMS.txt', true],
    ['a.sha512', false],
    ['SHA256SUMS.asc', false],
    ['sha256', false],
  ])('of %s is %s', (name, expected) => expect(isSidecar(name)).toBe(expected));
});

describe('mediaTypeOf', () => {
  test.each([
    ['a.tar.gz', 'application/gzip'],
    ['A.TGZ', 'application/gzip'],
    ['a.tar.zst', 'application/zstd'],
    ['a.zip', 'application/zip'],
    ['a.md', 'text/markdown'],
    ['a', 'application/octet-stream'],
    ['a.html', 'application/octet-stream'],
  ])('of %s is %s', (name, type) => expect(mediaTypeOf(name)).toBe(type));
});

describe('splitFileName', () => {
  test.each([
    ['plugin.tar.gz', ['plugin', '.tar.gz']],
    ['plugin-1.0.0.wasm', ['plugin-1.0.0', '.wasm']],
    ['plugin', ['plugin', '']],
    ['.tar.gz', ['.tar', '.gz']],
  ])('cuts %s into %j', (name, parts) => expect(splitFileName(name)).toEqual(parts));
});
