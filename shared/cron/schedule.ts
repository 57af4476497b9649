import { parseGoDuration } from '../runs/go-duration.ts';
import { CronSyntaxError, canonicalFields } from './fields.ts';
import { cronTicks, everyTicks, type Ticks } from './ticks.ts';
import { isTimeZone, wallClock } from './wall-clock.ts';

/** A schedule as people write it. */
export interface ScheduleText {
  expression: string;
  /** IANA name; UTC unless told, here or before the expression as `TZ=<zone> `. */
  timeZone?: string | undefined;
  /** Where `@every` counts from. */
  anchor: Date;
}

/** Why there are no ticks; `message` says what is wrong and what to write, for people. */
export interface ScheduleProblem {
  kind: 'invalid' | 'unknownTimeZone' | 'neverTicks';
  message: string;
}

const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Names that the original's language has for the zone of its image. */
const UTC_NAMES = new Set(['', 'Local']);

/**
 * The ticks of a schedule: five fields of cron with the meaning that the original's parser and Kubernetes' CronJob give them, one
 * of its names such as `@daily`, or `@every <duration>` [CTL-098].
 */
export function parseSchedule({ expression, timeZone, anchor }: ScheduleText): Ticks | ScheduleProblem {
  const prefix = /^\s*(?:CRON_)?TZ=(\S*)(?:\s+|$)/.exec(expression);
  const text = expression.slice(prefix?.[0].length ?? 0).trim();
  if (prefix !== null && timeZone !== undefined) {
    return invalid('`schedule` must not begin with a time zone where `timeZone` is set');
  }
  const given = timeZone ?? prefix?.[1] ?? 'UTC';
  const zone = UTC_NAMES.has(given) ? 'UTC' : given;
  if (!isTimeZone(zone)) {
    const message = `Time zone \`${zone}\` must be one of the IANA database, such as Europe/Berlin`;
    return { kind: 'unknownTimeZone', message };
  }
  return text.startsWith('@every') ? every(text, anchor) : cron(text, zone);
}

export function isProblem(parsed: Ticks | ScheduleProblem): parsed is ScheduleProblem {
  return 'kind' in parsed;
}

function every(text: string, anchor: Date): Ticks | ScheduleProblem {
  const seconds = Math.floor(parseGoDuration(text.slice('@every'.length).trim()) ?? 0);
  return seconds >= 1
    ? everyTicks(seconds, anchor)
    : invalid(`\`schedule\` ${text} must name a duration of a second or more, such as @every 1h30m`);
}

function cron(text: string, zone: string): Ticks | ScheduleProblem {
  if (text.startsWith('@') && NAMED[text] === undefined) {
    return invalid(`\`schedule\` ${text} must be one of ${Object.keys(NAMED).join(', ')} or @every <duration>`);
  }
  try {
    const fields = canonicalFields(NAMED[text] ?? text);
    if (fields !== undefined) return cronTicks(wallClock(fields), zone);
    return { kind: 'neverTicks', message: `\`schedule\` ${text} names a day that no year has` };
  } catch (thrown) {
    if (!(thrown instanceof CronSyntaxError)) throw thrown;
    return invalid(`\`schedule\` ${text === '' ? 'must not be empty' : `${text}: ${thrown.message}`}`);
  }
}

const invalid = (message: string): ScheduleProblem => ({ kind: 'invalid', message });
