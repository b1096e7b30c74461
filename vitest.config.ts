import { defineConfig } from 'vitest/config';

const inBrowser = 'test/e2e/page-*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Real servers and child processes, which mostly wait: three at a time is what a two-core machine carries.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['test/**/*.test.ts'],
          exclude: [inBrowser],
          sequence: { groupOrder: 0 },
        },
      },
      // Browsers want a core each: those who wait for a moment in another test would miss it.
      { extends: true, test: { name: 'page', include: [inBrowser], sequence: { groupOrder: 1 } } },
    ],
  },
});
