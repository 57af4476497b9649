import type { Deviation } from './deviations.ts';
import type { Difference } from './diff.ts';

const added = ({ expected }: Difference): boolean => expected === undefined;
const STATUS = String.raw`^/schedules/[\w-]+/status`;
const at = (...parts: string[]): RegExp => new RegExp(`${parts.join('')}$`);

/** Differences from the original in what schedules come to, and the runs that they make. */
export const SCHEDULE_DEVIATIONS: Deviation[] = [
  { id: 'CTL-WS8', reason: 'Status says why it is as it is', path: at(STATUS, '/conditions'), when: added },
  { id: 'CTL-WS8', reason: 'Status says of which spec it is', path: at(STATUS, '/observedGeneration'), when: added },
  { id: 'CTL-WS4', reason: 'Status names the runs under way', path: at(STATUS, '/active'), when: added },
  {
    id: 'CTL-098',
    reason: 'Names such as `@hourly` are schedules, as in a CronJob',
    path: /^\/schedules\/bad-qc\/(phases\/1|status\/(phase|nextRunTime))$/,
  },
  {
    id: 'CTL-WS1',
    reason: 'A run is named from its tick, so that no tick has two; the original counted',
    path: at(STATUS, '/lastRunName'),
  },
  {
    id: 'CTL-WS1',
    reason: 'A tick has one run',
    path: /^\/(runs\/sweep-qa\/1|runs\/rp-qe\/2|schedules\/[\w-]+\/status\/totalRuns)$/,
  },
  {
    id: 'CTL-WS3',
    reason: '`Replace` ends the run under way',
    path: /^\/runs\/rp-qe\/0\/spec\/cancel$/,
    when: ({ actual }) => actual === true,
  },
];
