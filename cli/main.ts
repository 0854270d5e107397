#!/usr/bin/env node
import packageJson from '../package.json' with { type: 'json' };

/*
 * Each step loads only what it needs: this file is all that --version takes, and a command's own file is the first to
 * ask for the HTTP client or the archives' libraries. That is the difference between one and four times node's start.
 */

const argv = process.argv.slice(2);
const [first = '--help'] = argv;

/** Nobody presses again so soon. */
const SAME_PRESS_MS = 500;

let isTold = false;
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads us through a pipe may stop reading (`extension list | head`); what is being done is done all the same.
  if (code === 'EPIPE' || isTold) return;
  isTold = true;
  process.exitCode = 1;
  process.stderr.write(
    `extension: Standard output cannot be written to: ${message}; make room there, and run again.\n`,
  );
});

if (first === '--version') {
  process.stdout.write(`${packageJson.version}\n`);
} else if (first === '--help') {
  const { renderHelp } = await import('./help.ts');
  process.stdout.write(renderHelp(undefined, process.stdout.columns));
} else {
  const { runCommandLine } = await import('./run-command-line.ts');
  const { env, platform, stdout, stderr } = process;
  // There is nobody left to be told.
  stderr.on('error', () => undefined);
  const interrupted = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const interrupt = (): void => {
    interrupted.abort(new Error('Interrupted: nothing is half done; run it again.'));
    // One press comes twice where npm passes on what the terminal has sent to all; another one ends the program as if
    // nobody listened.
    setTimeout(() => signals.forEach((each) => process.off(each, interrupt)), SAME_PRESS_MS).unref();
  };
  for (const each of signals) process.on(each, interrupt);
  const exitCode = await runCommandLine(argv, {
    env,
    platform,
    stdout,
    stderr,
    cwd: process.cwd(),
    interrupted: interrupted.signal,
    now: Date.now,
    random: Math.random,
  });
  process.exitCode ??= exitCode;
}
