import { describe, expect, test } from 'vitest';
import { parseExtensionId, type ExtensionId } from '../../../indexer/model/extension.ts';
import { editProject } from '../../../cli/project/edit-project.ts';
import type { Wanted } from '../../../cli/project/wanted.ts';

const edit = (text: string, changes: Record<string, Wanted | undefined>): string =>
  editProject(text, new Map(Object.entries(changes).map(([id, each]) => [parseExtensionId(id), each])));

const FILE = `# Our machines.
site = "https://extensions.example.org/api/v1"   # the one and only

[extensions]
# Clouds
"provider/aws" = "^1.2"  # not 2: the API changed
'provider/gcp' = '~3.1'

# Services
  "taskserv/redis" = { version = "7", asset = "a b.zip" } # a tab\there

# What follows is for people.
`;

describe('editProject', () => {
  test('adds a line after the last one, and leaves the others as they are', () => {
    const edited = edit(FILE, { 'cluster/k8s': { range: '^0.1' } });
    expect(edited).toBe(FILE.replace('# a tab\there\n', '# a tab\there\n"cluster/k8s" = "^0.1"\n'));
  });

  test('changes one line, and keeps its comment, indentation and place', () => {
    expect(edit(FILE, { 'provider/aws': { range: '^2.0' } })).toBe(FILE.replace('"^1.2"', '"^2.0"'));
    expect(edit(FILE, { 'provider/gcp': { range: 'latest', prereleases: true } })).toBe(
      FILE.replace(`'provider/gcp' = '~3.1'`, '"provider/gcp" = { version = "latest", prereleases = true }'),
    );
    expect(edit(FILE, { 'taskserv/redis': { range: '8', asset: 'c.zip' } })).toBe(
      FILE.replace('{ version = "7", asset = "a b.zip" }', '{ version = "8", asset = "c.zip" }'),
    );
  });

  test('takes a line out', () => {
    expect(edit(FILE, { 'provider/gcp': undefined })).toBe(FILE.replace(`'provider/gcp' = '~3.1'\n`, ''));
    expect(edit(FILE, { 'cluster/none': undefined })).toBe(FILE);
  });

  test('makes several changes', () => {
    const edited = edit(FILE, { 'provider/gcp': undefined, 'b/b': { range: '1' }, 'a/a': { range: '2' } });
    expect(edited).toContain('# a tab\there\n"b/b" = "1"\n"a/a" = "2"\n\n# What follows');
  });

  test.each([
    ['an empty file', '', '[extensions]\n"a/b" = "1"\n'],
    ['no table', 'site = "x"\n', 'site = "x"\n\n[extensions]\n"a/b" = "1"\n'],
    ['an empty table', '[extensions]\n', '[extensions]\n"a/b" = "1"\n'],
    ['no last line break', '[extensions]\n"c/d" = "2"', '[extensions]\n"c/d" = "2"\n"a/b" = "1"\n'],
    ['line breaks of Windows', '[extensions]\r\n"c/d" = "2"\r\n', '[extensions]\r\n"c/d" = "2"\r\n"a/b" = "1"\r\n'],
    ['spaces in the header', ' [ extensions ] # mine\n', ' [ extensions ] # mine\n"a/b" = "1"\n'],
    [
      'a table of one extension after it',
      '[extensions]\n"c/d" = "2"\n\n[extensions."e/f"]\nversion = "3"\n',
      '[extensions]\n"c/d" = "2"\n"a/b" = "1"\n\n[extensions."e/f"]\nversion = "3"\n',
    ],
  ])('adds to %s', (_, text, expected) => {
    expect(edit(text, { 'a/b': { range: '1' } })).toBe(expected);
  });

  test.each([
    ['an inline table', 'extensions = { "a/b" = "1" }\n'],
    ['dotted keys', 'extensions."a/b" = "1"\n'],
    ['a table of its own', '[extensions."a/b"]\nversion = "1"\n'],
    ['a text of several lines', '[extensions]\n"a/b" = """\n1"""\n'],
  ])('says what to write where %s is more than it knows', (_, text) => {
    expect(() => edit(text, { 'a/b': { range: '2' } })).toThrow(
      /cannot be changed by a program; write this into \[extensions\] yourself: "a\/b" = "2"/,
    );
    expect(() => edit(text, { 'a/b': undefined })).toThrow(/take a\/b out of \[extensions\] yourself/);
  });

  test('is not misled by what looks like its table in a text', () => {
    const text = 'proxy = """\n[extensions]\n"""\n[extensions]\n"a/b" = "1"\n';
    expect(() => edit(text, { 'c/d': { range: '2' } })).toThrow(/cannot be changed by a program/);
  });

  test('changes nothing of a file that is wrong', () => {
    expect(() => edit('nonsense', { 'a/b': { range: '1' } })).toThrow(/is not TOML/);
    expect(() => editProject('x = 1', new Map<ExtensionId, Wanted>())).toThrow(/x: is not known/);
  });
});
