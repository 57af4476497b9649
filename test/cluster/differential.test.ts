/**
 * The embedded API server against a real one: both are asked the same, and what they answer is compared. Needs KUBECONFIG to
 * name a real cluster (a control plane is enough).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../infra/local/cluster/api/server.ts';
import { isAccepted } from './differential/accepted.ts';
import { allCases } from './differential/all-cases.ts';
import type { DifferentialCase } from './differential/case.ts';
import { differences, normalize } from './differential/normalize.ts';
import { playCase } from './differential/play.ts';
import { realKubeconfig, type Target, targetOf } from './differential/target.ts';

let server: ApiServer;
let embedded: Target;
let real: Target;

beforeAll(async () => {
  real = targetOf(realKubeconfig());
  server = await startApiServer();
  embedded = targetOf(server.kubeconfig());
});

afterAll(async () => {
  embedded.close();
  real.close();
  await server.close();
});

async function unexpected(played: DifferentialCase): Promise<string[]> {
  const [ours, theirs] = await Promise.all([playCase(embedded, played), playCase(real, played)]);
  return played.steps.flatMap((step, index) => {
    const [a, b] = [ours.answers[index], theirs.answers[index]];
    if (step.silent || a === undefined || b === undefined) return [];
    return differences(normalize(a, ours.variables), normalize(b, theirs.variables))
      .filter(({ path }) => !isAccepted(played.name, index, path))
      .map(
        ({ path, embedded: own, real: other }) =>
          `${index} ${step.call} ${path}: ${JSON.stringify(own)} instead of ${JSON.stringify(other)}`,
      );
  });
}

describe('embedded API server', () => {
  it.each(allCases().map((played) => [played.name, played] as const))(
    'answers as the real one when asked: %s',
    async (_name, played) => {
      expect(await unexpected(played)).toEqual([]);
    },
  );
});
