import type { Hono } from 'hono';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { resourceOf } from './api-cluster.ts';
import { type Deviation, GENERAL_DEVIATIONS } from './api-deviations.ts';
import { differences, type Exchange, type ExpectedObject, type ExpectedResponse } from './api-golden.ts';

/** A scenario being replayed: what was captured from its answers so far. */
export interface Replay {
  app: Hono;
  kube: KubeClient;
  captured: Map<string, string>;
}

/** Replays one exchange and returns where it differs from the record, our deviations taken into account. */
export async function replay(run: Replay, exchange: Exchange, deviation: Deviation | undefined): Promise<string[]> {
  if (exchange.request === undefined) return [];
  const { method, path, headers = {}, body, rawBody } = exchange.request;
  const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await run.app.request(`http://api${filled(run, path)}`, {
    method,
    headers,
    ...(sent !== undefined && { body: sent }),
  });
  const answer = { status: response.status, headers: response.headers, text: await response.text() };
  capture(run, exchange, answer.text);
  const expected = withDeviation(
    JSON.parse(filled(run, JSON.stringify(exchange.response))) as ExpectedResponse,
    deviation,
  );
  const after = deviation?.otherwise?.includes('objectsAfter') ? [] : (exchange.objectsAfter ?? []);
  const objects = await Promise.all(after.map((one) => objectDifferences(run, one)));
  return [...answerDifferences(expected, answer, exchange.compare, deviation), ...objects.flat()];
}

function filled({ captured }: Replay, text: string): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => captured.get(name) ?? whole);
}

function capture({ captured }: Replay, exchange: Exchange, text: string): void {
  for (const [name, path] of Object.entries(exchange.capture ?? {})) {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], text.startsWith('{') ? JSON.parse(text) : {});
    captured.set(name, String(value));
  }
}

function withDeviation(recorded: ExpectedResponse, deviation: Deviation | undefined): ExpectedResponse {
  const { status = recorded.status, body = recorded.body, members = {} } = deviation ?? {};
  const changed = structuredClone(body);
  for (const [path, value] of Object.entries(members)) setMember(changed, path.split('.'), value);
  return { ...recorded, status, body: changed };
}

function setMember(at: unknown, [key = '', ...rest]: string[], value: unknown): void {
  const object = at as Record<string, unknown>; // The paths are written against the recorded bodies.
  if (rest.length > 0) setMember(object[key], rest, value);
  else object[key] = value;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

function answerDifferences(
  expected: ExpectedResponse,
  { status, headers, text }: Answer,
  compare = '',
  deviation: Deviation | undefined,
): string[] {
  const found = [...differences(expected.status, status, 'status')];
  if (deviation?.otherwise?.includes('body')) return found;
  const type = headers.get('content-type');
  if (typeof expected.body === 'object' && expected.body !== null) {
    found.push(...differences('application/json', type, 'content-type'));
    if (!text.endsWith('\n') || text.endsWith('\n\n')) found.push('body: must end with one newline');
    found.push(...bodyDifferences(expected.body, type === 'application/json' ? JSON.parse(text) : text, compare));
    return found;
  }
  if (expected.status >= 400) {
    found.push(...differences('text/plain; charset=utf-8', type, 'content-type'));
    found.push(...differences('nosniff', headers.get('x-content-type-options'), 'x-content-type-options'));
    if (!text.endsWith('\n')) found.push('body: must end with a newline');
  }
  const expectedText = String(expected.body ?? '');
  // The rest is the text of a decoder or of Kubernetes, which our own words replace.
  if (compare.startsWith('status and meaning')) return found;
  if (compare.startsWith('the body up to') && deviation?.body === undefined) {
    return [...found, ...differences(expectedText.split(':')[0], text.split(':')[0], 'body')];
  }
  return [...found, ...differences(expectedText, text, 'body')];
}

function bodyDifferences(expected: unknown, actual: unknown, compare: string): string[] {
  if (compare.startsWith('contains') && Array.isArray(expected) && Array.isArray(actual)) {
    return expected.filter((item) => !actual.includes(item)).map((item) => `body: ${item} is missing`);
  }
  const ordered = (value: unknown) =>
    compare === 'unordered' && Array.isArray(value) ? value.toSorted(byName) : value;
  return differences(general(ordered(expected)), general(ordered(actual)), 'body');
}

const nameOf = (item: { name?: string; metadata?: { name: string; namespace?: string } }) =>
  item.name ?? `${item.metadata?.namespace}/${item.metadata?.name}`;
const byName = (a: object, b: object) => (nameOf(a) < nameOf(b) ? -1 : 1);

async function objectDifferences(run: Replay, expected: ExpectedObject): Promise<string[]> {
  const { kind, namespace, list } = expected;
  const resource = resourceOf(kind);
  const where = { ...(namespace !== undefined && { namespace }) };
  if (list !== undefined) {
    const { items } = await run.kube.list(resource, where);
    const listed = JSON.parse(filled(run, JSON.stringify(list))) as unknown[];
    return differences(general(listed.toSorted(byName as never)), general(items.toSorted(byName).map(untyped)), kind);
  }
  const name = filled(run, expected.name ?? '');
  const object = await run.kube.get(resource, { ...where, name });
  const wanted: unknown = JSON.parse(filled(run, JSON.stringify(expected.object)));
  if (wanted === null) return object === undefined ? [] : [`${kind} ${name}: must not exist`];
  return differences(general(wanted), general(object), `${kind} ${name}`);
}

/** Lists of the API server carry kinds for some resources and not for others. */
const untyped = ({ apiVersion: _, kind: __, ...rest }: KubeObject) => rest;

/** An object or list of them without what deviates everywhere. */
function general(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(general);
  if (!hasMetadata(value)) return value;
  const object: Comparable = { ...value, metadata: { ...value.metadata } };
  for (const deviation of GENERAL_DEVIATIONS) {
    if (deviation.object !== undefined) delete object[deviation.object];
    if (deviation.metadata !== undefined) delete object.metadata[deviation.metadata];
    const annotations = { ...object.metadata.annotations };
    if (deviation.annotation !== undefined) delete annotations[deviation.annotation];
    object.metadata.annotations = Object.keys(annotations).length > 0 ? annotations : undefined;
  }
  return object;
}

interface Comparable {
  [member: string]: unknown;
  metadata: { [member: string]: unknown; annotations?: Record<string, string> | undefined };
}

const hasMetadata = (value: unknown): value is Comparable =>
  typeof value === 'object' && value !== null && 'metadata' in value;
