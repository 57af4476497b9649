import { describe, expect, it } from 'vitest';
import { casesOf, loadCase } from './agentrun-golden.ts';
import { type Difference, differences } from './diff.ts';
import { INSTANCE_DEVIATIONS } from './instance-deviations.ts';
import { actualStanding, expectedStanding } from './instance-form.ts';
import { playStanding } from './instance-play.ts';

const CASES = casesOf('standing.test.ts');

async function differencesOf(name: string): Promise<Difference[]> {
  const one = loadCase(name);
  return differences(expectedStanding(one), actualStanding(await playStanding(one), one));
}

const isMeant = (difference: Difference): boolean =>
  INSTANCE_DEVIATIONS.some(({ path, when }) => path.test(difference.path) && (when?.(difference) ?? true));

describe('standing kinds as the original made them', () => {
  it.each(CASES)('%s: same objects and status, save the deviations', async (name) => {
    expect((await differencesOf(name)).filter((difference) => !isMeant(difference))).toEqual([]);
  });

  it('have no deviation that no case shows', async () => {
    const all = (await Promise.all(CASES.map(differencesOf))).flat();
    const unused = INSTANCE_DEVIATIONS.filter(
      ({ path, when }) => !all.some((one) => path.test(one.path) && (when?.(one) ?? true)),
    );
    expect(unused.map(({ reason }) => reason)).toEqual([]);
  });
});
