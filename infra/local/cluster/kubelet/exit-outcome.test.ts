import { describe, expect, it } from 'vitest';
import { exitOutcome } from './exit-outcome.ts';

describe('exitOutcome', () => {
  it.each([
    { when: 'it ended well', exit: { exitCode: 0 }, oom: false, wanted: [0, 'Completed'] },
    { when: 'it failed', exit: { exitCode: 7 }, oom: false, wanted: [7, 'Error'] },
    { when: 'it was killed', exit: { exitCode: 137 }, oom: false, wanted: [137, 'Error'] },
    { when: 'it was killed for its memory', exit: { exitCode: 137 }, oom: true, wanted: [137, 'OOMKilled'] },
    { when: 'nobody saw it end', exit: { exitCode: 255, unknown: true }, oom: false, wanted: [255, 'Unknown'] },
  ])('gives code and reason when $when', ({ exit, oom, wanted }) => {
    const { exitCode, reason } = exitOutcome({ ...exit, finishedAt: 0 }, oom);
    expect([exitCode, reason]).toEqual(wanted);
  });
});
