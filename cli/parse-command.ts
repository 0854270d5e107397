import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf, RegistryError } from '../indexer/model/errors.ts';
import { suggest } from '../indexer/model/suggest.ts';
import { COMMANDS, COMMON_FLAGS, findCommand, type Command, type Flag } from './command-table.ts';
import type { ParsedArgs } from './command.ts';

/** What a command line asks for. */
export type Asked =
  { kind: 'help'; command: Command | undefined } | { kind: 'run'; command: Command; args: ParsedArgs };

/** @param argv without the program and its file @throws RegistryError `usage` */
export function parseCommand(argv: readonly string[]): Asked {
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help', command: undefined };
  if (first === 'help') return { kind: 'help', command: argv[1] === undefined ? undefined : commandNamed(argv[1]) };
  if (first === COMPLETE.name) return { kind: 'run', command: COMPLETE, args: asCompletion(argv) };
  const command = commandNamed(first);
  const args = parseFlags(command, argv.slice(1));
  if (args.flags['help'] === true) return { kind: 'help', command };
  checkOperands(command, args.operands);
  return { kind: 'run', command, args };
}

/** What the scripts of `completion` ask, at each key: in no help, and never of the network. */
const COMPLETE: Command = { name: 'complete', operands: [], flags: [], summary: '', examples: [] };

function asCompletion(argv: readonly string[]): ParsedArgs {
  return { operands: argv.slice(argv[1] === '--' ? 2 : 1), flags: { offline: true } };
}

function commandNamed(name: string): Command {
  const command = findCommand(name);
  if (command !== undefined) return command;
  if (name.startsWith('-')) throw usage(`Name the command before ${name}; extension --help lists them.`);
  const [near] = suggest(
    name,
    COMMANDS.map((each) => each.name),
  );
  throw usage(
    `There is no command ${JSON.stringify(name)}; ${near === undefined ? 'extension --help lists them' : `did you mean ${near}?`}`,
  );
}

function parseFlags(command: Command, args: readonly string[]): ParsedArgs {
  const flags = [...command.flags, ...COMMON_FLAGS];
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(flags.map((each) => [each.name, optionOf(each)])),
      allowPositionals: true,
      strict: true,
    });
    return { operands: positionals, flags: values as ParsedArgs['flags'] };
  } catch (cause) {
    const [, unknown] = /Unknown option '(-[^']*)'/.exec(messageOf(cause)) ?? [];
    const [near] = suggest(
      unknown?.replace(/^-+/, '') ?? '',
      flags.map((each) => each.name),
    );
    const why =
      unknown === undefined
        ? `${messageOf(cause).split('. ')[0]};`
        : `has no flag ${unknown};${near === undefined ? '' : ` did you mean --${near}?`}`;
    throw usage(`${command.name}: ${why} see extension ${command.name} --help.`, cause);
  }
}

function optionOf({ value, short, multiple }: Flag): NonNullable<ParseArgsConfig['options']>[string] {
  return {
    type: value === undefined ? 'boolean' : 'string',
    ...(short !== undefined && { short }),
    ...(multiple && { multiple }),
  };
}

function checkOperands({ name, operands }: Command, given: readonly string[]): void {
  const required = operands.filter((each) => each.required).length;
  const most = operands.some((each) => each.multiple) ? Infinity : operands.length;
  if (given.length < required) {
    throw usage(`${name} needs ${operands[given.length]?.name ?? 'an operand'}; see extension ${name} --help.`);
  }
  if (given.length > most) {
    throw usage(`${name} takes no ${JSON.stringify(given[most])}; see extension ${name} --help.`);
  }
}

function usage(message: string, cause?: unknown): RegistryError {
  return new RegistryError('usage', message, { cause });
}
