import { describe, expect, it } from 'vitest';
import type { ConcurrencyLimit, Queue, QueuedRun } from './queue.ts';
import { firstInLine, turnOf } from './slots.ts';

const upTo = (max: number, subAgents = false): ConcurrencyLimit => ({ max, subAgents, by: 'SympoziumPolicy "p"' });

/** `name`, then what differs from a waiting run of instance `a`; runs are created a second apart, in this order. */
type Told = [string, Partial<QueuedRun>?];
function aQueue(...told: Told[]): Queue {
  const runs = told.map(([name, parts = {}], second) => ({
    name,
    uid: name,
    instance: 'a',
    created: `2026-01-02T03:04:${String(second).padStart(2, '0')}Z`,
    phase: '',
    deleted: false,
    ...parts,
  }));
  return { taken: [], runs };
}
const AT_WORK = { phase: 'Running' };

describe('the turn of a run', () => {
  it.each(['Running', 'PostRunning', 'AwaitingDelegate'])(
    'does not come while a run in phase %s has the only slot [RUN-W36] [CTL-WA6]',
    (phase) => {
      const turn = turnOf('next', [upTo(1)], aQueue(['busy', { phase }], ['next']));
      expect(turn).toEqual({ kind: 'wait', limit: upTo(1), place: 1 });
    },
  );

  it('counts a run that has its slot but no pod yet, as the ledger says', () => {
    const queue = aQueue(['claimed'], ['next']);
    expect(turnOf('next', [upTo(1)], { ...queue, taken: ['claimed'] })).toMatchObject({ kind: 'wait', place: 1 });
    expect(turnOf('claimed', [upTo(1)], { ...queue, taken: ['claimed'] })).toEqual({ kind: 'start', claim: false });
  });

  it('comes in the order of creation, then of UID', () => {
    const queue = aQueue(['busy', AT_WORK], ['second'], ['third'], ['fourth', { created: '2026-01-02T03:04:02Z' }]);
    const places = ['second', 'third', 'fourth'].map((uid) => turnOf(uid, [upTo(1)], queue));
    expect(places).toMatchObject([{ place: 1 }, { place: 3 }, { place: 2 }]);
    expect(turnOf('second', [upTo(2)], queue)).toEqual({ kind: 'start', claim: true });
    expect(turnOf('third', [upTo(2)], queue)).toMatchObject({ kind: 'wait' });
  });

  it('waits neither for ended runs, nor for deleted ones in line, nor for those of other instances', () => {
    const queue = aQueue(
      ['over', { phase: 'Failed' }],
      ['gone', { deleted: true }],
      ['b', { instance: 'b' }],
      ['next'],
    );
    expect(turnOf('next', [upTo(1)], { ...queue, taken: ['over'] })).toEqual({ kind: 'start', claim: true });
  });

  it('comes without a claim where nothing is limited', () => {
    expect(turnOf('next', [], aQueue(['next']))).toEqual({ kind: 'start', claim: false });
    expect(turnOf('next', [upTo(0, true)], aQueue(['next']))).toEqual({ kind: 'start', claim: false });
  });
});

describe('a run that started others', () => {
  it('lends its slot to one of them, so that it never waits for itself', () => {
    const queue = aQueue(
      ['parent', AT_WORK],
      ['older'],
      ['child-1', { parent: 'parent' }],
      ['child-2', { parent: 'parent' }],
    );
    expect(turnOf('child-1', [upTo(1)], queue)).toEqual({ kind: 'start', claim: true });
    expect(turnOf('child-2', [upTo(1)], queue)).toMatchObject({ kind: 'wait' });
    expect(turnOf('older', [upTo(1)], queue)).toMatchObject({ kind: 'wait', place: 1 });
  });

  it('has its slot lent only once, and over any depth', () => {
    const queue = aQueue(
      ['parent', AT_WORK],
      ['child', { ...AT_WORK, parent: 'parent' }],
      ['sibling', { parent: 'parent' }],
      ['grandchild', { parent: 'child' }],
    );
    expect(turnOf('sibling', [upTo(1)], queue)).toMatchObject({ kind: 'wait' });
    expect(turnOf('grandchild', [upTo(1)], queue)).toEqual({ kind: 'start', claim: true });
  });

  it('may wait for a run of an instance whose slots wait for runs themselves', () => {
    const crossed = aQueue(
      ['a1', AT_WORK],
      ['b1', { ...AT_WORK, instance: 'b' }],
      ['of-a', { instance: 'b', parent: 'a1' }],
      ['of-b', { parent: 'b1' }],
      ['stranger', {}],
    );
    expect(turnOf('of-a', [upTo(1)], crossed)).toEqual({ kind: 'start', claim: true });
    expect(turnOf('of-b', [upTo(1)], crossed)).toEqual({ kind: 'start', claim: true });
    expect(turnOf('stranger', [upTo(1)], crossed)).toMatchObject({ kind: 'wait' });
  });

  it('counts under the limit of its instance on runs that others started', () => {
    const queue = aQueue(['root', AT_WORK], ['one', { ...AT_WORK, parent: 'root' }], ['two', { parent: 'root' }]);
    expect(turnOf('two', [upTo(9), upTo(1, true)], queue)).toEqual({ kind: 'wait', limit: upTo(1, true), place: 1 });
    expect(turnOf('two', [upTo(9), upTo(2, true)], queue)).toEqual({ kind: 'start', claim: true });
  });
});

describe('the first in line', () => {
  it('are the oldest waiting run, and the oldest that another run waits for', () => {
    const queue = aQueue(['busy', AT_WORK], ['one'], ['two'], ['child', { parent: 'busy' }]);
    expect(firstInLine('a', queue).map(({ name }) => name)).toEqual(['one', 'child']);
    expect(firstInLine('b', queue)).toEqual([]);
  });
});
