/** The five fields of a cron expression, with the grammar of the original's parser (controllers spec, 4.2). */

interface Field {
  name: string;
  min: number;
  max: number;
  /** Three-letter names; the first stands for `min`. */
  names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: DAYS },
];

/** Most days that each month ever has. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What a field allows; a star does not restrict, which decides how the two fields of days go together. */
interface Allowed {
  star: boolean;
  values: readonly number[];
}

/** An expression that cannot be read; the message says what and where, for people. */
export class CronSyntaxError extends Error {
  override readonly name = 'CronSyntaxError';
}

/**
 * The expression in one plain notation: five fields, each a star or an ascending list of numbers. Undefined when no day of any
 * year matches, such as 30 February. Throws `CronSyntaxError`.
 */
export function canonicalFields(expression: string): string | undefined {
  const parts = expression.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== FIELDS.length) {
    throw new CronSyntaxError(
      `must have five fields (minute, hour, day of month, month, day of week), not ${parts.length}`,
    );
  }
  const allowed = FIELDS.map((field, index) => allowedBy(parts[index] ?? '', field));
  const [, , days, months, weekdays] = allowed;
  // Days of the week that are restricted match in every month, whatever the days of the month.
  const possible =
    weekdays?.star === false ||
    months?.values.some((month) => days?.values.some((day) => day <= (LONGEST[month - 1] ?? 0)));
  return possible === true ? allowed.map(({ star, values }) => (star ? '*' : values.join())).join(' ') : undefined;
}

function allowedBy(text: string, field: Field): Allowed {
  const items = text.split(',').filter((item) => item !== '');
  if (items.length === 0) throw new CronSyntaxError(`${field.name} must not be empty`);
  const parsed = items.map((item) => rangeOf(item, field));
  const values = new Set(parsed.flatMap((range) => range.values));
  return { star: parsed.some(({ star }) => star), values: [...values].sort((a, b) => a - b) };
}

/** One item of a list: `*`, `?`, `N`, `N-M`, each with `/step` or without. `N/step` goes on to the end of the field. */
function rangeOf(item: string, field: Field): Allowed {
  const match = /^(?:([*?])|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item);
  if (match === null) throw new CronSyntaxError(`${field.name} has \`${item}\`, which is no number, range or step`);
  const [, wild, first = '', last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) throw new CronSyntaxError(`${field.name} has \`${item}\`, whose step must not be 0`);
  const from = wild === undefined ? numberOf(first, field) : field.min;
  const open = wild !== undefined || (last === undefined && stepText !== undefined);
  const to = open ? field.max : numberOf(last ?? first, field);
  if (from > to) throw new CronSyntaxError(`${field.name} has \`${item}\`, which ends before it begins`);
  const values = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  return { star: wild !== undefined && step === 1, values };
}

function numberOf(text: string, { name, min, max, names }: Field): number {
  const named = names.indexOf(text.toLowerCase());
  const value = named === -1 ? Number(text) : named + min;
  if (!(/^\d+$/.test(text) || named !== -1) || value < min || value > max) {
    throw new CronSyntaxError(`${name} has \`${text}\`, which must be from ${min} to ${max}`);
  }
  return value;
}
