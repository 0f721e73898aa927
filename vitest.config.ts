import { defineConfig } from 'vitest/config';

// Unit tests run the TypeScript sources (condition `mosix-source`); end-to-end tests run what `npm run build` made.
const source = { resolve: { conditions: ['mosix-source'] }, ssr: { resolve: { conditions: ['mosix-source'] } } };

export default defineConfig({
  test: {
    projects: [
      { ...source, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], environment: 'node', testTimeout: 30_000, benchmark: { exclude: ['**/streams.bench.ts', '**/step.bench.ts'] } } },
      // Run by hand (`npm run bench:streams`); skips itself otherwise.
      { ...source, test: { name: 'streams', include: ['packages/coordinator/src/streams.bench.ts'], environment: 'node', testTimeout: 600_000 } },
      // The scheduler in a simulated farm: 200 random scenarios among others.
      { ...source, test: { name: 'sim', include: ['test/sim/**/*.test.ts'], environment: 'node', testTimeout: 300_000 } },
      { test: { name: 'tidy', include: ['test/tidy.test.ts'], environment: 'node' } },
      {
        // `npm run test:farm`, and a part of `make test-full`: six minutes.
        test: { name: 'farm', include: ['test/e2e/scheduler.test.ts'], environment: 'node', testTimeout: 600_000, hookTimeout: 600_000 },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/scheduler.test.ts'],
          environment: 'node',
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
