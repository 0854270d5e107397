#!/usr/bin/env node
import packageJson from '../package.json' with { type: 'json' };

/*
 * Each step loads only what it needs: this file is all that --version takes, and a command's own file is the first to
 * ask for the HTTP client or the archives' libraries. That is the difference between one and four times node's start.
 */

const argv = process.argv.slice(2);
const [first = '--help'] = argv;

if (first === '--version') {
  process.stdout.write(`${packageJson.version}\n`);
} else if (first === '--help') {
  const { renderHelp } = await import('./help.ts');
  process.stdout.write(renderHelp(undefined, process.stdout.columns));
} else {
  const { runCommandLine } = await import('./run-command-line.ts');
  const { env, platform, stdout, stderr } = process;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The first ends what is under way in good order; a second one ends the program as if nobody listened.
    process.once(signal, () => interrupted.abort(new Error('Interrupted: nothing is half done; run it again.')));
  }
  process.exitCode = await runCommandLine(argv, {
    env,
    platform,
    stdout,
    stderr,
    cwd: process.cwd(),
    interrupted: interrupted.signal,
    now: Date.now,
    random: Math.random,
  });
}
