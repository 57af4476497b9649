import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { aScene } from '../../functions/route-schedule/fixtures.ts';
import { ACTIONS } from '../../functions/route-schedule/request.ts';

it('requests that come in order, each however often and cut anywhere, end as if each had come once', async () => {
  const request = fc.record({
    name: fc.constantFrom('a', 'b'),
    action: fc.constantFrom(...ACTIONS),
    schedule: fc.constantFrom('@daily', '@hourly', '* * * * *'),
    task: fc.constantFrom('one', 'two'),
  });
  const step = fc.record({ request, cut: fc.nat(3), again: fc.nat(2) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const [once, often] = [aScene(), aScene()];
      for (const { request: data, cut, again } of steps) {
        await once.deliver(once.request(data));
        const asked = often.request(data);
        often.world.interrupt.killAfter(cut);
        await often.deliver(asked).catch(() => undefined);
        often.world.interrupt.killAfter(undefined);
        // The bus gives it again until it is settled, and then perhaps once more.
        for (let n = 0; n <= again; n += 1) await often.deliver(asked);
      }
      const seen = (scene: typeof once) => scene.schedules().map(({ metadata: { name }, spec }) => ({ name, spec }));
      expect(seen(often)).toEqual(seen(once));
      expect(new Set(often.world.bus.published().map(({ id }) => id)).size).toBe(steps.length);
    }),
    { numRuns: 1000 },
  );
});
