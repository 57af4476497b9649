import type { Answer } from './target.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const TOKEN_VOLUME = /kube-api-access-[a-z0-9]{5}/g;
const SERVICE_IP = /\b10\.\d+\.\d+\.\d+\b/g;
const AGE = /^(\d+[smhd]|<invalid>)$/;
/** Values that count versions or are opaque. */
const OPAQUE = new Set(['resourceVersion', 'continue', 'nodePort', 'hash']);
/** Only useful to migrations of stored objects, which we have not. */
const LEFT_OUT = new Set(['storageVersionHash']);

function text(value: string, variables: Record<string, string>): string {
  let out = value;
  for (const name of ['ns', 'id']) out = out.replaceAll(variables[name] ?? ' ', `<${name}>`);
  for (const [pattern, word] of [
    [UUID, '<uid>'],
    [TIME, '<time>'],
    [JWT, '<jwt>'],
    [TOKEN_VOLUME, 'kube-api-access-<random>'],
    [SERVICE_IP, '<ip>'],
    [/(current: |version: |\()\d+/g, '$1<rv>'],
    [/\b(generated-|Bad_)[a-z0-9]{5}\b/g, '$1<random>'],
    [/("resourceVersion\\?": ?\\?")\d+/g, '$1<rv>'],
  ] as const) {
    out = out.replace(pattern, word);
  }
  return AGE.test(out) ? '<age>' : out;
}

function value(node: unknown, variables: Record<string, string>): unknown {
  if (typeof node === 'string') return text(node, variables);
  if (Array.isArray(node)) return node.map((item) => value(item, variables));
  if (typeof node !== 'object' || node === null) return node;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(node)) {
    if (LEFT_OUT.has(key)) continue;
    const name = text(key, variables);
    const plain = OPAQUE.has(key) && item !== '' ? `<${key}>` : value(item, variables);
    out[name] = key === 'managedFields' && Array.isArray(plain) ? byManager(plain) : plain;
  }
  return out;
}

/** An API server orders managers by the second of their last write, so it is chance which comes first. */
function byManager(entries: readonly unknown[]): unknown[] {
  const keyOf = (entry: unknown): string => {
    const { manager, operation, subresource = '' } = entry as Record<'manager' | 'operation' | 'subresource', string>;
    return [manager, operation, subresource].join('/');
  };
  return entries.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

interface Event {
  type?: string;
  object?: { metadata?: { annotations?: object } };
}

/** When an API server sends a bookmark is its own affair; only the one that ends the initial events is promised. */
function isTimedBookmark(event: Event | null): boolean {
  return event?.type === 'BOOKMARK' && event.object?.metadata?.annotations === undefined;
}

/** An answer with everything taken out that may differ from one cluster, or one second, to the next. */
export function normalize(
  { code, body, warnings }: Answer,
  variables: Record<string, string>,
): Record<string, unknown> {
  const promised = Array.isArray(body) ? body.filter((event) => !isTimedBookmark(event)) : body;
  return { code, body: value(promised, variables), warnings: warnings.map((warning) => text(warning, variables)) };
}

/** Paths at which two values differ, with both values. */
export function differences(
  embedded: unknown,
  real: unknown,
  path = '',
): { path: string; embedded: unknown; real: unknown }[] {
  if (Object.is(embedded, real)) return [];
  const bothObjects = typeof embedded === 'object' && typeof real === 'object' && embedded !== null && real !== null;
  if (!bothObjects || Array.isArray(embedded) !== Array.isArray(real)) return [{ path, embedded, real }];
  const left = new Map(Object.entries(embedded));
  const right = new Map(Object.entries(real));
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].flatMap((key) => differences(left.get(key), right.get(key), path === '' ? key : `${path}.${key}`));
}
