import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { env } from 'node:process';

/*
 * Loaded before a program (`node --import`): at its end, the file that RECORD_MODULES names has the URL of every
 * module that the program has loaded, one a line, but for node's own.
 */

const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    if (!url.startsWith('node:')) loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () =>
  writeFileSync(env['RECORD_MODULES'] ?? '/dev/null', loaded.map((each) => `${each}\n`).join('')),
);
