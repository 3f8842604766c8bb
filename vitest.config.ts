import { defineConfig } from 'vitest/config';

/** Real services: one file at a time, after the unit tests, with time for engines and images. */
const endToEnd = ['test/**/*.e2e.test.ts', 'test/e2e/**/*.test.ts', 'test/docker/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: endToEnd,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: endToEnd,
          globalSetup: ['test/support/shared-engine.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
