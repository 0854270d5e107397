import { env } from 'node:process';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';
import { PROGRAM_TESTS } from './test/programs.config.ts';

/** `FUZZ_RUNS=20000 npm test -- test/security/fuzz` tries so many new cases of each property; without it, few and always the same. */
const fuzzRuns = Number(env['FUZZ_RUNS'] ?? 0);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'test/deploy/**', 'test/page/**', 'test/crash/*full-disk.test.ts', ...PROGRAM_TESTS],
    reporters: ['default', new ClosingLine()],
    // Files share one module cache: nothing is mocked, and loading fastify and undici for each file is half of the time.
    isolate: false,
    provide: { fuzzRuns, crashKills: Number(env['CRASH_KILLS'] ?? 5) },
    testTimeout: fuzzRuns > 0 ? 1_800_000 : 20_000,
    hookTimeout: 20_000,
  },
});
