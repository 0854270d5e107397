import { COMMANDS, COMMON_FLAGS, type Command, type Flag } from './command-table.ts';
import { EXIT } from './exit-codes.ts';
import { wrap } from './wrap.ts';

/** Characters in a line at most. */
const WIDTH = 80;
/** Narrower, two columns are no help. */
const MIN_WIDTH = 40;

const EXIT_WORDS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  failed: 'failed',
  usage: 'usage or configuration',
  notFound: 'not found',
  unreachable: 'no answer, or none is kept',
  differs: 'bytes or files differ from their digest',
  refused: 'refused by policy',
  outdated: 'outdated --exit-code has found something',
  interrupted: 'interrupted',
};

/** The help of one command, or of the program. @param terminalColumns of a terminal; undefined where there is none */
export function renderHelp(command?: Command, terminalColumns = WIDTH): string {
  const width = Math.max(MIN_WIDTH, Math.min(WIDTH, terminalColumns));
  return command === undefined ? programHelp(width) : commandHelp(command, width);
}

function programHelp(width: number): string {
  return [
    ...wrap('extension: finds, installs, upgrades and verifies extensions of a registry.', width),
    '',
    'Usage: extension COMMAND [FLAGS]',
    '       extension --version',
    '',
    ...columns(
      COMMANDS.map(({ name, summary }) => [name, summary]),
      width,
    ),
    '',
    ...columns(COMMON_FLAGS.map(flagLine), width),
    '',
    ...wrap('The site is --site, else `site` in extensions.toml, else $EXTENSION_REGISTRY_URL.', width),
    '',
    'Exit codes:',
    ...columns(
      Object.entries(EXIT).map(([name, code]) => [String(code), EXIT_WORDS[name as keyof typeof EXIT]]),
      width,
    ),
    '',
    ...wrap('extension COMMAND --help tells more of each.', width),
    '',
  ].join('\n');
}

function commandHelp(command: Command, width: number): string {
  const { name, summary, details, examples, flags } = command;
  return [
    ...wrap(`extension ${name}: ${summary}.`, width),
    '',
    ...usageLines(['extension', name, ...operandWords(command), '[FLAGS]'], width),
    ...(details === undefined ? [] : ['', ...wrap(details, width)]),
    '',
    ...columns([...flags, ...COMMON_FLAGS].map(flagLine), width),
    '',
    'Examples:',
    ...examples.map((each) => `  ${each}`),
    '',
  ].join('\n');
}

function usageLines(words: readonly string[], width: number): string[] {
  const usage = 'Usage: ';
  const [first = '', ...more] = wrap(words.join(' '), width - usage.length);
  return [usage + first, ...more.map((line) => ' '.repeat(usage.length) + line)];
}

function operandWords({ operands }: Command): string[] {
  return operands.map(({ name, required, multiple }) => {
    const word = `${name}${multiple ? '…' : ''}`;
    return required ? word : `[${word}]`;
  });
}

function flagLine({ name, short, value, summary }: Flag): readonly [string, string] {
  const dashes = `${short === undefined ? '' : `-${short}, `}--${name}`;
  return [value === undefined ? dashes : `${dashes} ${value}`, summary];
}

/** Two columns; where the first takes more than a third of the line, the second stands below it. */
function columns(rows: readonly (readonly [string, string])[], lineWidth: number): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  const isBelow = width > lineWidth / 3;
  const indent = ' '.repeat(isBelow ? 6 : width + 4);
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, lineWidth - indent.length).map((line) => indent + line);
    return isBelow ? [`  ${left}`, ...lines] : [`  ${left}`.padEnd(indent.length) + lines.join('\n').trimStart()];
  });
}
