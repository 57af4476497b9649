import { defineConfig } from 'vitest/config';

interface Tier {
  include: string[];
  /** Milliseconds; hooks get a minute at least. */
  timeout?: number;
  globalSetup?: string;
  /** One file after the other: each starts a whole control plane. */
  alone?: boolean;
}

const tier = (name: string, { include, timeout = 10_000, globalSetup, alone = false }: Tier) => ({
  test: {
    name,
    include,
    testTimeout: timeout,
    hookTimeout: Math.max(timeout, 60_000),
    ...(globalSetup !== undefined && { globalSetup }),
    ...(alone && { fileParallelism: false }),
  },
});

/** One project per tier. `npm test` runs the first four, which need nothing but Node. */
export default defineConfig({
  test: {
    // The runner itself idles while its workers run.
    maxWorkers: '100%',
    projects: [
      tier('unit', { include: ['{functions,shared,crds,infra}/**/*.test.ts', 'test/bench/**/*.test.ts'] }),
      tier('property', { include: ['test/property/**/*.test.ts'], timeout: 60_000 }),
      tier('contract', { include: ['test/contract/**/*.test.ts'], timeout: 30_000 }),
      tier('local', { include: ['test/local/**/*.test.ts'], timeout: 60_000, globalSetup: 'test/local/setup.ts' }),
      tier('model', { include: ['test/model/**/*.test.ts'], timeout: 170_000 }),
      tier('cluster', {
        include: ['test/cluster/**/*.test.ts'],
        timeout: 120_000,
        globalSetup: 'test/cluster/setup.ts',
      }),
      tier('node', { include: ['test/node/**/*.test.ts'], timeout: 600_000 }),
      tier('e2e', {
        include: ['test/e2e/**/*.test.ts'],
        timeout: 180_000,
        globalSetup: 'test/local/setup.ts',
        alone: true,
      }),
    ],
  },
});
