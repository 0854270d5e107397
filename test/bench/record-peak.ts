import { writeFileSync } from 'node:fs';
import { env } from 'node:process';

/*
 * Loaded before a program (`node --import`): at its end, the file that RECORD_PEAK names has the most memory that it
 * had, in kilobytes of RSS.
 */

process.on('exit', () => writeFileSync(env['RECORD_PEAK'] ?? '/dev/null', `${process.resourceUsage().maxRSS}`));
