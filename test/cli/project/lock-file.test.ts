import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../indexer/model/digest.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';
import { parseVersion } from '../../../indexer/model/version.ts';
import { parseLock, readLock, renderLock, type LockedExtension } from '../../../cli/project/lock-file.ts';
import { temporaryFolder } from '../../builders.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);

function locked(id: string, version: string, overrides: Partial<LockedExtension> = {}): LockedExtension {
  return {
    id: parseExtensionId(id),
    version: parseVersion(version),
    asset: 'über tool.tar.gz',
    size: 1234,
    digest: DIGEST,
    site: 'C:\\sites\\"v1"\u007f\t',
    generation: 7,
    ...overrides,
  };
}

const LOCK = new Map(
  [locked('taskserv/redis', '7.2.0+b.5'), locked('provider/aws', '1.0.0')].map((each) => [each.id, each]),
);
const TEXT = renderLock(LOCK);

describe('renderLock', () => {
  test('writes a block for each extension, in the order of their names', () => {
    expect(renderLock(new Map([...LOCK].slice(1).map(([id, each]) => [id, { ...each, site: 'https://x/v1/' }])))).toBe(
      `# What extensions.toml was resolved to. Written by extension install: commit it, and leave the changes to the program.
schema = 1

[[extension]]
id = "provider/aws"
version = "1.0.0"
asset = "über tool.tar.gz"
size = 1234
digest = "${DIGEST}"
site = "https://x/v1/"
generation = 7
`,
    );
    expect(TEXT.match(/^id = .*$/gm)).toEqual(['id = "provider/aws"', 'id = "taskserv/redis"']);
  });

  test('writes TOML', () => {
    const document = parse(TEXT) as { extension: unknown[] };
    expect(document.extension).toEqual([...LOCK.values()].toReversed());
  });
});

describe('parseLock', () => {
  test('reads what was written', () => {
    expect(new Map(parseLock(TEXT))).toEqual(LOCK);
    expect(parseLock(renderLock(new Map())).size).toBe(0);
    expect(parseLock(TEXT.replaceAll('\n', '\r\n'))).toEqual(parseLock(TEXT));
  });

  test.each([
    ['', /extensions.lock is empty: its first line must be schema = 1/],
    ['schema = 2\n', /line 1 is of a newer program: upgrade this one/],
    ['[[extension]]\n', /line 1 must be schema = 1/],
    [TEXT.replace('id = "provider/aws"', 'id = "provider/AWS"'), /line 5 "AWS" cannot be part of an extension's name/],
    [TEXT.replace('id = "provider/aws"', 'name = "provider/aws"'), /line 5 must be id = …/],
    [TEXT.replace('"1.0.0"', '"1.0"'), /line 6 "1.0" is not a semantic version/],
    [TEXT.replace('"1.0.0"', '1'), /line 6 "1" is not a semantic version/],
    [TEXT.replace('"1.0.0"', '"1.0.0'), /line 6 .*JSON/],
    [TEXT.replace('"1.0.0"', 'true'), /line 6 .* is neither a text nor a number/],
    [TEXT.replace('über tool.tar.gz', '../x'), /line 7 "..\/x" is no name of a file/],
    [TEXT.replace('1234', '-1'), /line 8 /],
    [TEXT.replace('1234', '"1234"'), /line 8 .* is no number of bytes/],
    [TEXT.replace('1234', '1.5'), /line 8 .* is no number of bytes/],
    [TEXT.replace('sha256:', 'md5:'), /line 9 The digest "md5:[^"]*" is not of the form/],
    [TEXT.replace(/^site = .*$/m, 'site = ""'), /line 10 "" is no site/],
    [TEXT.replace('generation = 7', 'generation = 7\nextra = 1'), /line 12 must be \[\[extension\]\]/],
    [TEXT.replace('generation = 7\n', ''), /line 12 must be generation = …/],
    [TEXT.replace(/generation = 7\n$/, ''), /line 13 begins a block that has no generation/],
    [TEXT.replace('taskserv/redis', 'provider/aws'), /line 13 is about provider\/aws once more/],
    [
      TEXT.replace('[[extension]]', '<<<<<<< HEAD\n[[extension]]'),
      /line 4 is the mark of a merge conflict; take the file from/,
    ],
  ])('refuses what was changed by hand, and names the line (%#)', (text, message) => {
    expect(() => parseLock(text)).toThrow(message);
    expect(() => parseLock(text)).toThrow(expect.objectContaining({ code: 'config' }) as Error);
  });
});

test('readLock reads the file of a folder, where there is one', async () => {
  const folder = await temporaryFolder();
  expect(await readLock(folder)).toBeUndefined();
  await writeFile(join(folder, 'extensions.lock'), TEXT);
  expect((await readLock(folder))?.size).toBe(2);
});
