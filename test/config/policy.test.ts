import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePolicy } from '../../indexer/config/policy.ts';
import { createConfigFolder, GITEA, type ConfigFolder } from './config-folder.ts';

const EXAMPLE = await readFile(new URL('../../deploy/policy.example.toml', import.meta.url), 'utf8');
const WITH_POLICY = `${GITEA}[policy]\nfile = "policy.toml"\n`;

let folder: ConfigFolder;
beforeAll(async () => {
  folder = await createConfigFolder();
});
afterAll(() => folder.remove());

describe('deploy/policy.example.toml', () => {
  test('loads, with a rule of each kind', async () => {
    await folder.write('policy.toml', EXAMPLE);
    const { config, warnings } = await folder.load(WITH_POLICY);
    expect(warnings).toEqual([]);
    expect(config.policy).toEqual([
      {
        action: 'yank',
        target: { text: 'taskserv/redis@<7.2', id: 'taskserv/redis', range: '<7.2' },
        reason: 'Writes its dump where everybody can read it; update to 7.2.',
      },
      {
        action: 'yank',
        target: { text: 'provider/aws@1.1.0+build.5', id: 'provider/aws', range: '1.1.0+build.5' },
        reason: 'Built from a wrong branch.',
      },
      {
        action: 'deprecate',
        target: { text: 'taskserv/docker', id: 'taskserv/docker' },
        message: 'No longer developed.',
        replacement: 'taskserv/containerd',
      },
      {
        action: 'hide',
        target: { text: 'provider/upcloud@1.6.0-beta.2', id: 'provider/upcloud', range: '1.6.0-beta.2' },
        reason: 'Holds a private key.',
      },
    ]);
  });
});

describe('[policy] file', () => {
  test('is no rules where it is not named, and may be empty', async () => {
    await folder.write('policy.toml', '# nothing yet\n');
    for (const toml of [GITEA, `${GITEA}[policy]\n`, WITH_POLICY]) {
      expect((await folder.load(toml)).config.policy).toEqual([]);
    }
  });

  test('tells its faults with those of the configuration, each with its file and key', async () => {
    await folder.write('policy.toml', '[[yank]]\nmatch = "redis"\n[[hide]]\nmatch = "a/b"\nreason = "x"\nwhy = "y"\n');
    expect(await folder.faults(`${WITH_POLICY}[site]\npublic_url = "ftp://x"\n`)).toEqual([
      '[site] public_url: the value is not an http or https URL without user, query or fragment.',
      '[policy] file policy.toml: [[yank]] #1 reason: is missing; add a sentence for people.',
      '[policy] file policy.toml: [[yank]] #1 match: "redis" is not of the form type/name.',
      '[policy] file policy.toml: [[hide]] #1 why: is not a key of this rule; its keys are match, reason.',
    ]);
  });

  test('that is not there or cannot be read says what to do, without its path', async () => {
    const faultOf = async (file: string) => folder.faults(`${GITEA}[policy]\nfile = ${JSON.stringify(file)}\n`);
    expect(await faultOf('gone.toml')).toEqual([
      '[policy] file: names a file that does not exist; check the path, or start from deploy/policy.example.toml.',
    ]);
    expect(await faultOf(folder.path)).toEqual([
      '[policy] file: names a file that cannot be read (EISDIR); check the path, or start from deploy/policy.example.toml.',
    ]);
    await folder.write('large.toml', Buffer.alloc(1024 * 1024 + 1, '#'));
    expect(await faultOf(join(folder.path, 'large.toml'))).toEqual([
      '[policy] file: names a file of more than 1048576 bytes; a policy is a short one.',
    ]);
  });

  test('says where its TOML is broken', async () => {
    await folder.write('policy.toml', '[[yank]]\nmatch = a/b\n');
    expect(await folder.faults(WITH_POLICY)).toEqual([
      expect.stringMatching(/^\[policy\] file policy\.toml: line 2, column \d+: .*; correct the TOML there\.$/),
    ]);
  });
});

const yank = (match: string) => `[[yank]]\nmatch = ${JSON.stringify(match)}\nreason = "Because."\n`;

describe('parsePolicy', () => {
  test.each([
    ['a/b', undefined],
    [' a/b ', undefined],
    ['a/b@1.0.0', '1.0.0'],
    ['a/b@v1.0.0+b.5', 'v1.0.0+b.5'],
    ['a/b@1.0.0-rc.1', '1.0.0-rc.1'],
    ['a/b @ ^1.2 || >=3', '^1.2 || >=3'],
    ['a/b@1.x', '1.x'],
    ['a/b@*', '*'],
  ])('takes the match %j', (match, range) => {
    const { rules, faults } = parsePolicy(yank(match));
    expect(faults).toEqual([]);
    expect(rules.map(({ target }) => [target.id, target.range])).toEqual([['a/b', range]]);
  });

  test.each([
    ['', '"" is not of the form type/name.'],
    ['a', '"a" is not of the form type/name.'],
    ['a/b/c', '"a/b/c" is not of the form type/name.'],
    [
      'a/B',
      '"B" cannot be part of an extension\'s name; use lower-case letters, digits and single . _ - between them.',
    ],
    ['a/*', '"*" cannot be part of'],
    ['a/b@', 'Nothing stands after the @; name a range, or leave it out.'],
    ['a/b@latest', '"latest" is neither a version nor a range; use 1.4.0, <7.2, ^1.2 or 1.x.'],
    ['a/b@1.0.0@2.0.0', '"1.0.0@2.0.0" is neither a version nor a range'],
    [`a/b@${'9'.repeat(200)}`, 'is neither a version nor a range'],
  ])('refuses the match %j', (match, fault) => {
    const { rules, faults } = parsePolicy(yank(match));
    expect(rules).toEqual([]);
    expect(faults).toEqual([expect.stringContaining(`[[yank]] #1 match: `)]);
    expect(faults[0]).toContain(fault);
  });

  test.each([
    ['[yank]\nmatch = "a/b"', 'yank: write [[yank]], in double brackets, before each rule.'],
    ['yank = ["a/b"]', '[[yank]] #1: is not a table; write [[yank]], in double brackets, before each rule.'],
    ['[[yanks]]\nmatch = "a/b"', 'yanks: is not a kind of rule; did you mean [[yank]]?'],
    ['[[remove]]\nmatch = "a/b"', 'remove: is not a kind of rule; write [[yank]], [[deprecate]] or [[hide]].'],
    [
      '[[hide]]\nreason = "x"',
      '[[hide]] #1 match: is missing; add the extension that it is about, such as "taskserv/redis@<7.2".',
    ],
    ['[[hide]]\nmatch = 1\nreason = "x"', '[[hide]] #1 match: The value is not a text; put it into quotes.'],
    ['[[hide]]\nmatch = "a/b"\nreason = " "', '[[hide]] #1 reason: The text is empty; write a sentence for people.'],
    [
      `[[hide]]\nmatch = "a/b"\nreason = "${'x'.repeat(501)}"`,
      '[[hide]] #1 reason: The text is longer than 500 characters; shorten it.',
    ],
    [
      '[[hide]]\nmatch = "a/b"\nreasons = "x"\nreason = "y"',
      '[[hide]] #1 reasons: is not a key of this rule; did you mean reason?',
    ],
    [
      '[[deprecate]]\nmatch = "a/b"\nmessage = "x"\nreplacement = "c"',
      '[[deprecate]] #1 replacement: "c" is not of the form type/name.',
    ],
    [
      '[[yank]]\nmatch = "a/b"\nreason = "x"\nreplacement = "c/d"',
      '[[yank]] #1 replacement: is not a key of this rule; its keys are match, reason.',
    ],
  ])('refuses %j', (toml, fault) => {
    expect(parsePolicy(toml)).toEqual({ rules: [], faults: [fault] });
  });

  test('keeps the rules that are right beside one that is wrong, and tells every fault', () => {
    const { rules, faults } = parsePolicy(yank('a/b') + yank('a') + yank('c/d') + yank('c'));
    expect(rules.map(({ target }) => target.text)).toEqual(['a/b', 'c/d']);
    expect(faults.map((each) => each.split(':')[0])).toEqual(['[[yank]] #2 match', '[[yank]] #4 match']);
  });

  test('makes one line of what people read, without control characters', () => {
    const { rules } = parsePolicy('[[yank]]\nmatch = "a/b"\nreason = """\nIt  deletes\n\\u001b[31mvolumes.\n"""\n');
    expect(rules).toMatchObject([{ reason: 'It deletes [31mvolumes.' }]);
  });
});
