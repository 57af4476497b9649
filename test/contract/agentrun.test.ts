import { describe, expect, it } from 'vitest';
import { actualForm, expectedForm } from './agentrun-form.ts';
import { casesOf, loadCase } from './agentrun-golden.ts';
import { play } from './agentrun-play.ts';
import { DEVIATIONS, LATER } from './deviations.ts';
import { type Difference, differences } from './diff.ts';

const RUN_CASES = casesOf('agentrun.test.ts');
const PLAYED = RUN_CASES.filter((name) => !(name in LATER));

async function differencesOf(name: string): Promise<Difference[]> {
  const one = loadCase(name);
  return differences(expectedForm(one), actualForm(await play(one), one));
}

const isMeant = (difference: Difference): boolean =>
  DEVIATIONS.some(({ path, when }) => path.test(difference.path) && (when === undefined || when(difference)));

describe('runs as the original made them', () => {
  it.each(PLAYED)('%s: same objects, status and messages, save the deviations', async (name) => {
    expect((await differencesOf(name)).filter((difference) => !isMeant(difference))).toEqual([]);
  });

  it('has no deviation that no case shows', async () => {
    const all = (await Promise.all(PLAYED.map(differencesOf))).flat();
    const unused = DEVIATIONS.filter(
      ({ path, when }) => !all.some((one) => path.test(one.path) && (when?.(one) ?? true)),
    );
    expect(unused.map(({ reason }) => reason)).toEqual([]);
  });

  it('knows every case that is left for later', () => {
    expect(Object.keys(LATER).filter((name) => !RUN_CASES.includes(name))).toEqual([]);
  });
});
