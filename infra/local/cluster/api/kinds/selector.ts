import { validateLabels } from '../meta/object-meta.ts';
import { selectorMatches as matches } from '../meta/selectors.ts';
import { isRecord } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import { records, text } from './shape.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function stringsOf(value: unknown): Record<string, string> {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, `${item}`])) : {};
}

/** A label selector against labels, both as they come from an object. */
export function selectorMatches(selector: unknown, labels: Record<string, unknown>): boolean {
  if (!isRecord(selector)) return false;
  const matchExpressions = records(selector['matchExpressions']).map(({ key, operator, values }) => ({
    key: text(key),
    operator: text(operator),
    values: Array.isArray(values) ? values.map(String) : [],
  }));
  return matches({ matchLabels: stringsOf(selector['matchLabels']), matchExpressions }, stringsOf(labels));
}

export function validSelector(selector: unknown, path: string): Cause[] {
  if (!isRecord(selector)) return [];
  const causes = validateLabels(stringsOf(selector['matchLabels']), `${path}.matchLabels`);
  for (const [index, { operator, values }] of records(selector['matchExpressions']).entries()) {
    const field = `${path}.matchExpressions[${index}]`;
    const count = Array.isArray(values) ? values.length : 0;
    if (!OPERATORS.includes(text(operator)))
      causes.push(fieldError.invalid(`${field}.operator`, operator, 'not a valid selector operator'));
    else if (`${operator}`.endsWith('In') && count === 0) {
      causes.push(fieldError.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  }
  return causes;
}
