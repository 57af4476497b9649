import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { aTeam, childrenIn, deliver, repliesIn, request } from '../../functions/route-spawn/fixtures.ts';

it('requests that come each however often, in any order and cut anywhere, make one run each or give one answer [CTL-WD2] [RUN-W29]', async () => {
  const data = fc.record({
    task: fc.constantFrom('Count.', 'Write.', ''),
    targetPersona: fc.constantFrom('', 'writer', 'painter'),
  });
  const visit = fc.record({ which: fc.nat(5), cut: fc.option(fc.nat(2), { nil: undefined }) });
  await fc.assert(
    fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 5 }), fc.array(visit), async (wanted, visits) => {
      const { world, asker } = aTeam();
      const messages = wanted.map((one, index) => request(asker, { id: `q${index}`, ...one }));
      for (const { which, cut } of visits) {
        const message = messages[which % messages.length];
        world.interrupt.killAfter(cut);
        if (message !== undefined) await deliver(world, message).catch(() => undefined);
        world.interrupt.killAfter(undefined);
      }
      // The bus gives each until it is settled.
      for (const message of messages) expect(await deliver(world, message)).toEqual({ outcome: 'settled' });
      const good = wanted.filter(({ task, targetPersona }) => task !== '' && targetPersona !== 'painter');
      expect(
        childrenIn(world)
          .map(({ spec }) => spec.task)
          .sort(),
      ).toEqual(good.map(({ task }) => task).sort());
      expect(repliesIn(world)).toHaveLength(wanted.length - good.length);
    }),
    { numRuns: 1000 },
  );
});
