import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Real servers and child processes, which mostly wait: three at a time is what a two-core machine carries.
    maxWorkers: 3,
  },
});
