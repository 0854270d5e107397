import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../closing-line.ts';

/** What deploy/ holds, tried with the programs that it is for; they come from Debian and from PyPI. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    // A real Gitea and a real registry.
    globalSetup: ['test/real/global-setup.ts'],
    reporters: ['default', new ClosingLine()],
    provide: { fuzzRuns: 0, crashKills: 5 },
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
