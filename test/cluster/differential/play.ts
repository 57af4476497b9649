import { randomBytes } from 'node:crypto';
import type { DifferentialCase, Step } from './case.ts';
import type { Answer, Target } from './target.ts';

const USER_AGENT = 'differential/1.0';
const UNTIL_MS = 20_000;
const PAUSE_MS = 100;

export interface Played {
  answers: Answer[];
  /** What `{…}` stood for: differs between the two servers. */
  variables: Record<string, string>;
}

function filled(text: string, variables: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

function at(value: unknown, path: string): string {
  let current = value;
  for (const key of path.split('.')) {
    current =
      typeof current === 'object' && current !== null
        ? Object.entries(current).find(([name]) => name === key)?.[1]
        : undefined;
  }
  return String(current);
}

async function play(
  target: Target,
  { call, body, type, headers }: Step,
  variables: Record<string, string>,
): Promise<Answer> {
  const [method = 'GET', path = '/'] = filled(call, variables).split(' ');
  const text =
    body === undefined ? undefined : filled(typeof body === 'string' ? body : JSON.stringify(body), variables);
  const content: Record<string, string> = text === undefined ? {} : { 'content-type': type ?? 'application/json' };
  const filledHeaders = Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, filled(value, variables)]),
  );
  return target.ask(method, path, text, {
    'user-agent': USER_AGENT,
    accept: 'application/json',
    ...content,
    ...filledHeaders,
  });
}

async function playUntil(target: Target, step: Step, variables: Record<string, string>): Promise<Answer> {
  const deadline = Date.now() + UNTIL_MS;
  for (;;) {
    const answer = await play(target, step, variables);
    if (step.until === undefined || answer.code === step.until || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Plays a case in a namespace of its own. */
export async function playCase(target: Target, { steps }: DifferentialCase): Promise<Played> {
  const id = randomBytes(4).toString('hex');
  const variables: Record<string, string> = { id, ns: `diff-${id}` };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: variables['ns'] } };
  await play(target, { call: 'POST /api/v1/namespaces', body: namespace }, variables);
  await playUntil(target, { call: 'GET /api/v1/namespaces/{ns}/serviceaccounts/default', until: 200 }, variables);
  await playUntil(target, { call: 'POST /api/v1/namespaces/{ns}/pods?dryRun=All', body: PROBE, until: 201 }, variables);
  const answers: Answer[] = [];
  for (const step of steps) {
    const answer = await playUntil(target, step, variables);
    for (const [name, path] of Object.entries(step.save ?? {})) variables[name] = at(answer.body, path);
    answers.push(answer);
  }
  await play(target, { call: 'DELETE /api/v1/namespaces/{ns}' }, variables);
  return { answers, variables };
}

/** Accepted once the account's admission knows the account. */
const PROBE = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'probe' },
  spec: { containers: [{ name: 'a', image: 'a' }] },
};
