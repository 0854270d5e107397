import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'test/bench/**'],
    reporters: ['default', new ClosingLine()],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
