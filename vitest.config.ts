import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'test/bench/**'],
    reporters: ['default', new ClosingLine()],
    // No test changes anything outside its own world, so files share their workers: half the time on two cores.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
