import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/page/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/page/global-setup.ts'],
    // What is loaded in a given time is measured: one file at a time.
    fileParallelism: false,
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
