import type { PrinterColumn, ResourceType } from '../kinds/resource-type.ts';
import { at, type KubeObject } from '../object.ts';

const NAME: PrinterColumn = { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name };
const AGE: PrinterColumn = {
  name: 'Age',
  type: 'string',
  cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
};
const DEFAULT = [NAME, AGE];

/** Column definitions of a kind's Table, starting with the name. */
export function columnsOf(type: ResourceType): readonly PrinterColumn[] {
  const own = type.rules.columns;
  if (own === undefined) return DEFAULT;
  const withName = own[0]?.name === 'Name' || own[0]?.name === 'Last Seen' ? own : [NAME, ...own];
  return type.custom !== undefined || own.some(({ name }) => name === 'Age' || name === 'Last Seen')
    ? withName
    : [...withName, AGE];
}

export function tableRow(type: ResourceType, object: KubeObject, now: Date): unknown[] {
  return columnsOf(type).map((column) => {
    if (column.cell !== undefined) return column.cell(object, now) ?? '';
    return customCell(column, object, now);
  });
}

function customCell({ type, jsonPath = '' }: PrinterColumn, object: KubeObject, now: Date): unknown {
  const value = valueAt(object, jsonPath);
  if (value === undefined) return null;
  if (type === 'date') return typeof value === 'string' ? age(value, now) : null;
  if (type === 'string') return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
  if (type === 'integer') return typeof value === 'number' ? Math.trunc(value) : null;
  return value;
}

/** The JSONPath subset of printer columns: fields, quoted keys, indexes and one `[?(@.a=="b")]` filter a step. */
export function valueAt(object: unknown, path: string): unknown {
  const steps = path.matchAll(
    /\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]|\[\*\]/g,
  );
  let current = object;
  for (const [step, field, quoted, index, filter, wanted] of steps) {
    if (Array.isArray(current)) {
      const list: unknown[] = current;
      if (index !== undefined) current = list[Number(index)];
      else if (filter !== undefined) current = list.find((item) => `${at(item, ...filter.split('.'))}` === wanted);
      else if (step === '[*]') current = list[0];
      else return undefined;
    } else current = at(current, field ?? quoted ?? '');
  }
  return current === null ? undefined : current;
}

/** How long ago, as kubectl shows it: at most two units, and fewer the longer it is. */
export function age(time: string | undefined, now: Date): string {
  if (time === undefined) return '<unknown>';
  return duration(Math.floor((now.getTime() - Date.parse(time)) / 1000));
}

export function duration(seconds: number): string {
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

const two = (a: number, unitA: string, b: number, unitB: string): string =>
  b === 0 ? `${a}${unitA}` : `${a}${unitA}${b}${unitB}`;
