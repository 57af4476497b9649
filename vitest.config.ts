import { defineConfig } from 'vitest/config';

const tests = (name: string, include: string[], timeout = 10_000) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: Math.max(timeout, 60_000) },
});

/** One project per tier. `npm test` runs the first four, which need nothing but Node. */
export default defineConfig({
  test: {
    projects: [
      tests('unit', ['{functions,shared,crds,infra}/**/*.test.ts']),
      tests('property', ['test/property/**/*.test.ts'], 60_000),
      tests('contract', ['test/contract/**/*.test.ts'], 30_000),
      tests('local', ['test/local/**/*.test.ts'], 60_000),
      tests('cluster', ['test/cluster/**/*.test.ts'], 120_000),
      tests('node', ['test/node/**/*.test.ts'], 300_000),
      tests('e2e', ['test/e2e/**/*.test.ts'], 180_000),
    ],
  },
});
