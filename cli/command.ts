import type { Readable } from 'node:stream';
import type { ProxyFor } from '../indexer/http/forward-proxies.ts';
import type { Progress, Registry } from './registry/registry.ts';
import type { Settings } from './settings.ts';

/** What a stream of ours can show. */
export interface Terminal {
  /** Characters in a line of standard output; Infinity where it is no terminal. */
  columns: number;
  /** Whether a person looks at standard output. */
  isInteractive: boolean;
  /** Text in one of `util.styleText`'s formats, where colour is wanted on standard output; the same text where not. */
  style: (format: Style, text: string) => string;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'underline';

/** Several transfers at once: bars on a terminal, a plain line at the end of each elsewhere. Written to standard error. */
export interface ProgressView {
  /** @param name what people call it, such as `provider/aws 1.4.0` */
  start: (name: string) => ProgressLine;
}

export interface ProgressLine {
  update: (progress: Progress) => void;
  /** @param result such as `installed`; without it the line just goes */
  end: (result?: string) => void;
}

/** What every command is given; nothing else of the machine is used by one but files. */
export interface CommandContext {
  settings: () => Promise<Settings>;
  /** Opened once, and closed when the command has ended. */
  registry: () => Promise<Registry>;
  /** The forward proxies that the environment names; undefined where it names none. @throws RegistryError `config` */
  proxyFor: () => Promise<ProxyFor | undefined>;
  /** A text for people to standard output, as it is; control characters in foreign text are the caller's to strip. */
  out: (text: string) => void;
  /** A sentence for people to standard output, broken between words where a terminal's line is full. */
  say: (text: string) => void;
  /** Bytes to standard output; resolves when the last have left. */
  pipe: (bytes: Readable) => Promise<void>;
  /** The one JSON value that `--json` prints. */
  print: (value: unknown) => void;
  /** Whether `--json` was given: then `print` once, and `out` and `say` never. */
  json: boolean;
  /** A sentence for people to standard error: a warning, or what is being done. */
  note: (text: string) => void;
  terminal: Terminal;
  progress: ProgressView;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
}

export type FlagValue = string | boolean | readonly string[] | undefined;

export interface ParsedArgs {
  operands: readonly string[];
  /** By the flag's name without its dashes; strings for flags with a value, lists for those that may be given again. */
  flags: Readonly<Record<string, FlagValue>>;
}

/** What each file in `commands/` exports as `run`. @returns the exit code @throws RegistryError */
export type RunCommand = (context: CommandContext, args: ParsedArgs) => Promise<number>;

/** A flag that takes a value. */
export function textFlag({ flags }: ParsedArgs, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function isSet({ flags }: ParsedArgs, name: string): boolean {
  return flags[name] === true;
}
