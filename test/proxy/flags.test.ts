import { describe, expect, test } from 'vitest';
import { codeOf } from '../../indexer/model/errors.ts';
import { parseFlags } from '../../proxy/flags.ts';

describe('parseFlags', () => {
  test.each([
    [['--config', 'a.toml'], { config: 'a.toml', logLevel: 'info', graceMs: 30_000 }],
    [['--config=a.toml', '--log-level', 'warn'], { config: 'a.toml', logLevel: 'warn', graceMs: 30_000 }],
    [['--config', 'a.toml', '--grace-seconds', '0'], { config: 'a.toml', logLevel: 'info', graceMs: 0 }],
    [['--config', 'a.toml', '--port', '8083'], { config: 'a.toml', port: 8_083, logLevel: 'info', graceMs: 30_000 }],
  ])('reads %j', (args, flags) => {
    expect(parseFlags(args, '1.2.3')).toEqual(flags);
  });

  test('answers --help and --version with a text', () => {
    expect(parseFlags(['--help'], '1.2.3')).toContain('--grace-seconds N');
    expect(parseFlags(['-h'], '1.2.3')).toBe(parseFlags(['--help'], '1.2.3'));
    expect(parseFlags(['--version'], '1.2.3')).toBe('1.2.3\n');
  });

  test.each([
    [[], 'Name the configuration: --config FILE.'],
    [['--bogus'], 'See --help.'],
    [['--config'], 'See --help.'],
    [['a.toml'], 'See --help.'],
    [['--config', 'x', '--log-level', 'loud'], '--log-level loud is no level'],
    [['--config', 'x', '--grace-seconds', 'soon'], '--grace-seconds soon is no number of seconds'],
    [['--config', 'x', '--grace-seconds', '100000'], '--grace-seconds 100000 is no number of seconds'],
    [['--config', 'x', '--port', '65536'], '--port 65536 is no port'],
    [['--config', 'x', '--port', 'http'], '--port http is no port'],
  ])('refuses %j', (args, message) => {
    let error: unknown;
    try {
      parseFlags(args, '1.2.3');
    } catch (thrown) {
      error = thrown;
    }
    expect(codeOf(error)).toBe('usage');
    expect(String(error)).toContain(message);
  });
});
