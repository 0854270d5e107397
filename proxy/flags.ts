import { parseArgs } from 'node:util';
import { messageOf, RegistryError } from '../indexer/model/errors.ts';

const HELP = `extension-registry: serves the published site, and verified downloads from the configured sources.

  extension-registry --config FILE [--port N] [--log-level LEVEL] [--grace-seconds N]

  --config FILE       the configuration, TOML; deploy/registry.example.toml documents every key
  --port N            instead of [server] port: for several instances with one configuration
  --log-level LEVEL   trace, debug, info (default), warn, error or silent; logs are JSON lines on standard output
  --grace-seconds N   how long running downloads may still take after SIGTERM; 30 by default
  --help, --version

With [indexer] interval_seconds it also runs the indexer on that schedule. With [server] workers above 1 that many
processes share the port, below one that restarts them; the log then says whose each line is.
Exit codes: 0 stopped by SIGTERM or SIGINT; 1 failed, such as a port that is taken; 2 usage or configuration.
`;

const MAX_PORT = 65_535;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export interface Flags {
  /** A file's path. */
  config: string;
  /** Instead of the configured one. */
  port?: number;
  logLevel: string;
  graceMs: number;
}

/**
 * @param args without the program and its file
 * @param version this program's
 * @returns a text to print instead of serving
 * @throws RegistryError `usage`
 */
export function parseFlags(args: string[], version: string): Flags | string {
  const { values } = parseArguments(args);
  if (values.help === true) return HELP;
  if (values.version === true) return `${version}\n`;
  const { config, port, 'log-level': logLevel = 'info', 'grace-seconds': grace = '30' } = values;
  if (config === undefined) throw new RegistryError('usage', 'Name the configuration: --config FILE.');
  if (!LEVELS.includes(logLevel)) {
    throw new RegistryError('usage', `--log-level ${logLevel} is no level; use ${LEVELS.join(', ')}.`);
  }
  if (!/^\d{1,5}$/.test(grace)) {
    throw new RegistryError('usage', `--grace-seconds ${grace} is no number of seconds; use 0 to 99999.`);
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= MAX_PORT)) {
    throw new RegistryError('usage', `--port ${port} is no port; use 1 to ${MAX_PORT}, or 0 for any that is free.`);
  }
  return { config, logLevel, graceMs: Number(grace) * 1_000, ...(port !== undefined && { port: Number(port) }) };
}

function parseArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        config: { type: 'string' },
        port: { type: 'string' },
        'log-level': { type: 'string' },
        'grace-seconds': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new RegistryError('usage', `${messageOf(cause)} See --help.`, { cause });
  }
}
