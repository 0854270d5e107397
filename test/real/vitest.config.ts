import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/real/global-setup.ts'],
    // Each file starts servers of its own: one file at a time is what two cores can do.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
