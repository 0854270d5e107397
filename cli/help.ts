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
    `Usage: extension ${[name, ...operandWords(command), '[FLAGS]'].join(' ')}`,
    ...(details === undefined ? [] : ['', ...wrap(details, width)]),
    '',
    ...columns([...flags, ...COMMON_FLAGS].map(flagLine), width),
    '',
    'Examples:',
    ...examples.map((each) => `  ${each}`),
    '',
  ].join('\n');
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

/** Two columns; what is too long for the first has the second below it. */
function columns(rows: readonly (readonly [string, string])[], lineWidth: number): string[] {
  const wide = Math.floor(lineWidth / 3);
  const width = Math.min(wide, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrap(right, lineWidth - width - 4);
    const indent = ' '.repeat(width + 4);
    const head = left.length > width ? [`  ${left}`, indent + first] : [`  ${left.padEnd(width)}  ${first}`];
    return [...head, ...more.map((line) => indent + line)];
  });
}
