import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { LIVENESS } from './explore.ts';
import { INVARIANTS as RUN } from './run.ts';
import { INVARIANTS as SCHEDULE } from './schedule.ts';

const run = promisify(execFile);
const BUGS = resolve('test/model/bugs');
/** What the checker is made of. */
const SOURCES = ['functions', 'shared', 'crds', 'test/property', 'test/model', 'package.json'];

const cases = [
  { bug: 'job-name-not-deterministic', model: 'run', invariant: RUN.oneJob },
  { bug: 'event-before-status', model: 'run', invariant: RUN.toldAsStored },
  { bug: 'finalizer-before-cleanup', model: 'run', invariant: LIVENESS },
  { bug: 'status-without-precondition', model: 'run', invariant: RUN.forward },
  { bug: 'gate-not-waited-for', model: 'gate', invariant: RUN.gateDecides },
  { bug: 'tick-from-now', model: 'schedule', invariant: SCHEDULE.oneRun },
  { bug: 'foreign-object-taken-for-own', model: 'schedule', invariant: SCHEDULE.ownRun },
];

it.each(cases)('finds the bug $bug in $model', async ({ bug, model, invariant }) => {
  const tree = await mkdtemp(join(tmpdir(), 'model-'));
  try {
    for (const path of SOURCES) await cp(path, join(tree, path), { recursive: true });
    await symlink(resolve('node_modules'), join(tree, 'node_modules'));
    await run('git', ['apply', '-C1', join(BUGS, `${bug}.patch`)], { cwd: tree });
    const checked = run(process.execPath, ['test/model/main.ts', model], { cwd: tree });
    await expect(checked).rejects.toMatchObject({ stdout: expect.stringContaining(`violated: ${invariant}\n  1. `) });
  } finally {
    await rm(tree, { recursive: true });
  }
});

it('leaves no bug out', async () => {
  const patches = await readdir(BUGS);
  expect(patches.sort()).toEqual(cases.map(({ bug }) => `${bug}.patch`).sort());
});
