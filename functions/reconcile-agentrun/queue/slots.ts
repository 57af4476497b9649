/**
 * Who may start when the number of runs at work is limited (AgentRun spec, 2.8; docs/decisions/0008). Runs wait in the order of
 * their creation, then UID. A run that started others lends them its slot while they work, so that it never waits for a slot
 * that it holds itself.
 */
import { AGENT_RUN_PHASES, isTerminalPhase } from '../../../crds/conditions.ts';
import type { ConcurrencyLimit, Queue, QueuedRun } from './queue.ts';

/** Whether a run may start, and if not, what it waits for. `place` counts from 1. */
export type Turn = { kind: 'start'; claim: boolean } | { kind: 'wait'; limit: ConcurrencyLimit; place: number };

const AT_WORK: readonly string[] = [
  AGENT_RUN_PHASES.running,
  AGENT_RUN_PHASES.postRunning,
  AGENT_RUN_PHASES.awaitingDelegate,
];

/** The turn of the run with `uid`. A run that has its slot keeps it. */
export function turnOf(uid: string, limits: readonly ConcurrencyLimit[], queue: Queue): Turn {
  const line = lineOf(queue);
  const run = queue.runs.find((one) => one.uid === uid);
  if (run === undefined || line.holds(run)) return { kind: 'start', claim: false };
  for (const limit of limits.filter((one) => counts(one, run))) {
    const place = waitingPlace(run, limit, line);
    if (place !== undefined) return { kind: 'wait', limit, place };
  }
  return { kind: 'start', claim: limits.some((limit) => counts(limit, run)) };
}

/** The runs of an instance to be told that a slot may be free: the first in line, and the first that another run waits for. */
export function firstInLine(instance: string, queue: Queue): QueuedRun[] {
  const line = lineOf(queue);
  const waiting = queue.runs.filter((run) => run.instance === instance && line.waits(run)).sort(byAge);
  const child = waiting.find(({ parent }) => parent !== undefined);
  return [...new Set([...waiting.slice(0, 1), ...(child === undefined ? [] : [child])])];
}

/**
 * How many of the unfinished runs that the same run asked for come before this one: those at work, and those that are older. None
 * for a run that has its slot, since it came to its turn before.
 */
export function siblingsAhead(uid: string, queue: Queue): number {
  const line = lineOf(queue);
  const run = line.alive.find((one) => one.uid === uid);
  if (run?.parent === undefined || line.holds(run)) return 0;
  const siblings = line.alive.filter((one) => one !== run && one.parent === run.parent);
  return siblings.filter((one) => line.holds(one) || byAge(one, run) < 0).length;
}

const counts = (limit: ConcurrencyLimit, run: QueuedRun): boolean => !limit.subAgents || run.parent !== undefined;

type Line = ReturnType<typeof lineOf>;

/** The relations of the runs of a namespace. Ended runs play no part. */
function lineOf({ runs, taken }: Queue) {
  const alive = runs.filter(({ phase }) => !isTerminalPhase(phase));
  const byName = new Map(alive.map((run) => [run.name, run]));
  const holders = new Set(alive.filter(({ uid, phase }) => taken.includes(uid) || AT_WORK.includes(phase)));
  const withChildren = new Set(alive.flatMap(({ parent }) => (parent === undefined ? [] : [parent])));

  /** From the parent upwards, as far as runs are there. */
  function ancestors(run: QueuedRun): QueuedRun[] {
    const found = new Set<QueuedRun>();
    for (let parent = byName.get(run.parent ?? ''); parent !== undefined && !found.has(parent); ) {
      found.add(parent);
      parent = byName.get(parent.parent ?? '');
    }
    return [...found];
  }
  return {
    alive,
    ancestors,
    holds: (run: QueuedRun) => holders.has(run),
    waits: (run: QueuedRun) => !holders.has(run) && !run.deleted && alive.includes(run),
    hasChildren: ({ name }: QueuedRun) => withChildren.has(name),
  };
}

/** The place of a run that must wait under this limit; undefined when it may start. */
function waitingPlace(run: QueuedRun, limit: ConcurrencyLimit, line: Line): number | undefined {
  const members = line.alive.filter((one) => one.instance === run.instance && counts(limit, one));
  const holders = members.filter(line.holds);
  const lent = new Set(holders.flatMap(line.ancestors));
  const lenderOf = (one: QueuedRun) => line.ancestors(one).find((above) => holders.includes(above) && !lent.has(above));
  const ahead = members.filter((one) => line.waits(one) && byAge(one, run) < 0);
  const lender = lenderOf(run);
  if (lender !== undefined) {
    const siblings = ahead.filter((one) => lenderOf(one) === lender).length;
    return siblings === 0 ? undefined : siblings + 1;
  }
  const place = ahead.filter((one) => lenderOf(one) === undefined).length + 1;
  if (holders.filter((one) => !lent.has(one)).length + place <= limit.max) return undefined;
  return isDeadlocked(run, holders, line) ? undefined : place;
}

/**
 * A run of another instance waits for this one, and all holders wait for runs as well: nobody would ever free a slot. Within one
 * instance the lent slot sees to that.
 */
function isDeadlocked(run: QueuedRun, holders: readonly QueuedRun[], line: Line): boolean {
  const above = line.ancestors(run).filter(line.holds);
  return above.length > 0 && !above.some((one) => holders.includes(one)) && holders.every(line.hasChildren);
}

function byAge(a: QueuedRun, b: QueuedRun): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.uid === b.uid ? 0 : a.uid < b.uid ? -1 : 1;
}
