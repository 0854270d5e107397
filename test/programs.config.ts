import { defineConfig } from 'vitest/config';
import { ClosingLine } from './closing-line.ts';

/** Tests that start the real programs again and again: minutes, where `npm test` shall be one. */
export const PROGRAM_TESTS = [
  'test/cli/commands/**/*.test.ts',
  'test/monitoring/promtool.test.ts',
  'test/package/**/*.test.ts',
  'test/proxy/workers.test.ts',
];

export default defineConfig({
  test: {
    include: PROGRAM_TESTS,
    reporters: ['default', new ClosingLine()],
    provide: { fuzzRuns: 0, crashKills: 5 },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
