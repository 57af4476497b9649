import { describe, expect, it } from 'vitest';
import { actualForm, expectedForm } from './agentrun-form.ts';
import { casesOf, loadCase } from './agentrun-golden.ts';
import { play } from './agentrun-play.ts';
import { DEVIATIONS, type Deviation } from './deviations.ts';
import { type Difference, differences } from './diff.ts';

const RUN_CASES = casesOf('agentrun.test.ts');

async function differencesOf(name: string): Promise<Difference[]> {
  const one = loadCase(name);
  return differences(expectedForm(one), actualForm(await play(one), one));
}

/** A Sandbox may differ where a Job may. */
const asJob = (path: string): string =>
  path.replace(
    /^\/created\/Sandbox ([\w-]+\/object)\/(spec\/podTemplate)?/,
    (_, of, template) => `/created/Job ${of}/${template === undefined ? '' : 'spec/template'}`,
  );

const allows = ({ path, when }: Deviation, one: Difference): boolean =>
  (path.test(one.path) || path.test(asJob(one.path))) && (when === undefined || when(one));

const isMeant = (difference: Difference): boolean => DEVIATIONS.some((deviation) => allows(deviation, difference));

describe('runs as the original made them', () => {
  it.each(RUN_CASES)('%s: same objects, status and messages, save the deviations', async (name) => {
    expect((await differencesOf(name)).filter((difference) => !isMeant(difference))).toEqual([]);
  });

  it('has no deviation that no case shows', async () => {
    const all = (await Promise.all(RUN_CASES.map(differencesOf))).flat();
    const unused = DEVIATIONS.filter((deviation) => !all.some((one) => allows(deviation, one)));
    expect(unused.map(({ reason }) => reason)).toEqual([]);
  });
});
