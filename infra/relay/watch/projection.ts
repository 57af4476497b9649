import { hash } from 'node:crypto';
import type { KubeObject } from '../../../shared/kube/objects.ts';
import type { WakeField } from '../../../shared/manifest.ts';

type Step = { key: string } | 'each';

export interface CompiledField {
  steps: Step[];
  except: ReadonlySet<string>;
}

/** A name between dots, a map key in brackets (which may hold dots and slashes), or `[*]`. */
const STEP = /\.?([^.[\]]+)|\[([^\]]+)\]/y;

/** Throws when the path of a field cannot be read. */
export function compileField({ path, except = [] }: WakeField): CompiledField {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null) throw new Error(`The path ${path} cannot be read`);
    const [, name, bracketed] = match;
    steps.push(bracketed === '*' ? 'each' : { key: name ?? bracketed ?? '' });
  }
  return { steps, except: new Set(except) };
}

/**
 * What an object's fingerprint is taken of: the values of `fields`, who the object is, and whether it is being deleted. Two
 * states of an object with the same fingerprint need no pass in between.
 */
export function fingerprint(object: KubeObject, fields: readonly CompiledField[]): string {
  const { uid, deletionTimestamp } = object.metadata;
  const values = fields.map((field) => fieldOf(object, field) ?? null);
  return hash('sha256', JSON.stringify([uid, deletionTimestamp !== undefined, values]), 'base64url');
}

export const fieldOf = (object: KubeObject, { steps, except }: CompiledField): unknown =>
  valueAt(object, steps, 0, except);

function valueAt(node: unknown, steps: readonly Step[], at: number, except: ReadonlySet<string>): unknown {
  const step = steps[at];
  if (step === undefined) return withoutExcepted(node, except);
  if (step === 'each') {
    if (!Array.isArray(node)) return undefined;
    const values = node.map((item) => valueAt(item, steps, at + 1, except)).filter((value) => value !== undefined);
    // A list of nothing but excepted values is the same as no list.
    return values.length === 0 ? undefined : values;
  }
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step.key)) return undefined;
  return valueAt((node as Record<string, unknown>)[step.key], steps, at + 1, except);
}

function withoutExcepted(value: unknown, except: ReadonlySet<string>): unknown {
  if (value === null) return undefined;
  return typeof value !== 'object' && except.has(String(value)) ? undefined : value;
}
