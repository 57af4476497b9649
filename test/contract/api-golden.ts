import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '../../shared/kube/objects.ts';

/** One scenario of the recorded HTTP exchanges: a fresh state, then exchanges in order. */
export interface Scenario {
  about: string;
  ids: string[];
  server: { token: string };
  namespaces: string[];
  seed?: (KubeObject & { status?: object })[];
  exchanges: Exchange[];
}

export interface Exchange {
  request?: { method: string; path: string; headers?: Record<string, string>; body?: unknown; rawBody?: string };
  response: ExpectedResponse;
  objectsAfter?: ExpectedObject[];
  /** Variables taken from the answer: name → dotted path in its body. */
  capture?: Record<string, string>;
  compare?: string;
  note?: string;
}

export interface ExpectedResponse {
  status: number;
  headers: Record<string, string | null>;
  body: unknown;
  endsWithNewline?: boolean;
}

export interface ExpectedObject {
  kind: string;
  namespace?: string;
  name?: string;
  object?: unknown;
  list?: unknown[];
}

const FOLDER = new URL('./golden-api/', import.meta.url);

export const scenarioNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
    .toSorted();

export const readScenario = (name: string): Scenario =>
  JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Scenario;

/** Where `actual` differs from what was recorded, as `path: what`; empty when nowhere. Placeholders match what they stand for. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (typeof expected === 'string') return textMatches(expected, actual) ? [] : [difference(path, expected, actual)];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = expected.length === actual.length ? [] : [`${path}: ${actual.length} items, not ${expected.length}`];
    return [...length, ...expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`))];
  }
  if (isRecord(expected) && isRecord(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => differences(expected[key], actual[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.is(expected, actual) ? [] : [difference(path, expected, actual)];
}

const PLACEHOLDERS: Record<string, string> = {
  '<uid>': '[0-9a-f-]{36}',
  '<resourceVersion>': '\\d+',
  '<time>': '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z',
  '<suffix>': '[a-z0-9]{5}',
  '<nanos>': '\\d{18,20}',
};

function textMatches(expected: string, actual: unknown): boolean {
  if (expected === '<managedFields>') return true;
  if (expected === '<number>') return typeof actual === 'number';
  if (typeof actual !== 'string') return false;
  const pattern = expected
    .split(/(<[a-zA-Z]+>)/)
    .map((part) => PLACEHOLDERS[part] ?? part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('')}$`, 's').test(actual);
}

const difference = (path: string, expected: unknown, actual: unknown) =>
  `${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
