import type { KubeObject } from '../object.ts';
import { badRequest } from '../status.ts';

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  key: string;
  operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  values: readonly string[];
}

export type Matches = (labels: Labels) => boolean;

const TERM =
  /^\s*(?:(!)\s*([^\s=!<>,()]+)|([^\s=!<>,()]+)\s+(in|notin)\s*\(([^()]*)\)|([^\s=!<>,()]+)\s*(==|=|!=|>|<)\s*([^\s=!<>,()]*)|([^\s=!<>,()]+))\s*(?:,|$)/;

function parseTerm(match: RegExpExecArray): Requirement {
  const [, not, absent, setKey, setOperator, set, key, operator, value, exists] = match;
  if (not !== undefined) return { key: absent ?? '', operator: '!', values: [] };
  if (setKey !== undefined) {
    return {
      key: setKey,
      operator: setOperator === 'in' ? 'in' : 'notin',
      values: (set ?? '').split(',').map((item) => item.trim()),
    };
  }
  if (key !== undefined) {
    const operators = { '==': '=', '=': '=', '!=': '!=', '>': 'gt', '<': 'lt' } as const;
    const known = Object.entries(operators).find(([text]) => text === operator);
    return { key, operator: known?.[1] ?? '=', values: [value ?? ''] };
  }
  return { key: exists ?? '', operator: 'exists', values: [] };
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** A label selector in its query form (`a=b,c in (d,e),!f`); undefined selects everything. */
export function parseLabelSelector(text: string | null): Matches | undefined {
  if (text === null || text.trim() === '') return undefined;
  const requirements: Requirement[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const match = TERM.exec(rest);
    if (match === null || match[0] === '')
      throw badRequest(
        `unable to parse requirement: found '${rest.trim()}', expected: identifier, ',' or 'end of string'`,
      );
    requirements.push(parseTerm(match));
    rest = rest.slice(match[0].length);
  }
  if (/,\s*$/.test(text)) throw badRequest("found '', expected: identifier after ','");
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A label selector in its object form. An empty one selects everything. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  const operators: Record<string, Requirement['operator']> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
  };
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) =>
      holds({ key, operator: operators[operator] ?? 'exists', values }, labels),
    )
  );
}

function unknownField(field: string, known: readonly string[], plain: boolean): string {
  if (!plain) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only ${known.map((name) => `"${name}"`).join(', ')}`;
}

export type FieldValues = (object: KubeObject) => Record<string, string>;
export type FieldMatches = (object: KubeObject) => boolean;

/** A field selector (`metadata.name=a,status.phase!=Failed`); a field that the kind doesn't offer is a 400. */
export function parseFieldSelector(text: string | null, offered: FieldValues, plain = false): FieldMatches | undefined {
  if (text === null || text.trim() === '') return undefined;
  const known = offered({ apiVersion: '', kind: '', metadata: {} });
  const terms = text.split(',').map((term) => {
    const match = /^([^=!]+)(==|!=|=)(.*)$/.exec(term.trim());
    const [, field = '', operator = '', value = ''] = match ?? [];
    if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    if (!(field in known)) throw badRequest(unknownField(field, Object.keys(known), plain));
    return { field, equal: operator !== '!=', value: value.replaceAll('\\', '') };
  });
  return (object) => {
    const values = offered(object);
    return terms.every(({ field, equal, value }) => (values[field] === value) === equal);
  };
}
