import { env } from 'node:process';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../closing-line.ts';

/** `CRASH_KILLS=500 npm run test:crash` kills so many runs of the indexer. */
const crashKills = Number(env['CRASH_KILLS'] ?? 60);

export default defineConfig({
  test: {
    include: ['test/crash/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    provide: { crashKills },
    // Kills are timed: one file at a time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 20_000,
  },
});
