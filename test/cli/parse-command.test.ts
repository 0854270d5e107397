import { describe, expect, test } from 'vitest';
import { COMMANDS, COMMON_FLAGS } from '../../cli/command-table.ts';
import { renderHelp } from '../../cli/help.ts';
import { parseCommand } from '../../cli/parse-command.ts';

describe('parseCommand', () => {
  test('takes operands and flags in any order', () => {
    expect(
      parseCommand(['install', '--root', '/r', 'provider/aws', '--frozen', '-v', 'a/b', '--site', 'x', '--site=y']),
    ).toMatchObject({
      kind: 'run',
      command: { name: 'install' },
      args: {
        operands: ['provider/aws', 'a/b'],
        flags: { root: '/r', frozen: true, verbose: true, site: ['x', 'y'] },
      },
    });
  });

  test('takes what begins with a dash after --', () => {
    expect(parseCommand(['search', '--', '--type'])).toMatchObject({ args: { operands: ['--type'] } });
  });

  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j asks for the help of all', (argv) => {
    expect(parseCommand(argv)).toEqual({ kind: 'help', command: undefined });
  });

  test.each([[['show', '--help']], [['help', 'show']], [['show', 'a/b', '-h', 'more']]])(
    '%j asks for its help',
    (argv) => {
      expect(parseCommand(argv)).toMatchObject({ kind: 'help', command: { name: 'show' } });
    },
  );

  test('takes what a shell completes as it is, and asks no network for it', () => {
    expect(parseCommand(['complete', '--', 'show', '--'])).toMatchObject({
      command: { name: 'complete' },
      args: { operands: ['show', '--'], flags: { offline: true } },
    });
  });

  test.each([
    [['instal'], 'There is no command "instal"; did you mean install?'],
    [['frobnicate'], 'There is no command "frobnicate"; extension --help lists them'],
    [['--json', 'list'], 'Name the command before --json; extension --help lists them.'],
    [['show'], 'show needs type/name[@version]; see extension show --help.'],
    [['show', 'a/b', 'c/d'], 'show takes no "c/d"; see extension show --help.'],
    [['list', '--typo', 'x'], 'list: has no flag --typo; did you mean --type? see extension list --help.'],
    [['list', '--type'], "list: Option '--type <value>' argument missing; see extension list --help."],
    [
      ['install', '--frozen=yes'],
      "install: Option '--frozen' does not take an argument; see extension install --help.",
    ],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommand(argv)).toThrow(expect.objectContaining({ code: 'usage', message }) as Error);
  });
});

describe('renderHelp', () => {
  test('names every command, every flag of all, and every exit code, within 80 characters', () => {
    const text = renderHelp();
    for (const { name, summary } of COMMANDS)
      expect(text).toMatch(new RegExp(`^ {2}${name} +${summary.slice(0, 20)}`, 'm'));
    for (const { name } of COMMON_FLAGS) expect(text).toContain(`--${name}`);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(text).toMatch(new RegExp(`^ {2}${code} `, 'm'));
  });

  test.each(COMMANDS)('of $name names each of its flags, and fits', (command) => {
    const text = renderHelp(command);
    for (const { name, summary } of command.flags) {
      expect(text).toContain(`--${name}`);
      expect(text.replaceAll(/\s+/g, ' ')).toContain(summary);
    }
    for (const line of `${text}\n${renderHelp()}`.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the command table', () => {
  test('has no flag twice in one command', () => {
    for (const { flags } of COMMANDS) {
      const all = [...flags, ...COMMON_FLAGS].flatMap(({ name, short }) => [
        name,
        ...(short === undefined ? [] : [short]),
      ]);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  test.each(COMMANDS)('gives $name examples that it takes', ({ name, examples }) => {
    for (const example of examples) {
      const [, words = ''] = /extension ([^|)]*)/.exec(example) ?? [];
      expect(parseCommand(words.trim().split(' '))).toMatchObject({ kind: 'run', command: { name } });
    }
  });
});
