/** Causes in the words of the real server (apimachinery's field errors). */
import { causeField } from './path.ts';
import type { Cause, CauseReason } from './types.ts';

/** A value as Go's errors print it. */
function printValue(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

export function invalid(path: string, value: unknown, detail: string): Cause {
  return cause('FieldValueInvalid', path, `Invalid value: ${printValue(value)}: ${detail}`);
}

export function required(path: string, detail = ''): Cause {
  return cause('FieldValueRequired', path, detail ? `Required value: ${detail}` : 'Required value');
}

export function forbidden(path: string, detail: string): Cause {
  return cause('FieldValueForbidden', path, `Forbidden: ${detail}`);
}

export function duplicate(path: string, value: unknown): Cause {
  return cause('FieldValueDuplicate', path, `Duplicate value: ${printValue(value)}`);
}

export function wrongType(path: string, expected: string, got: string): Cause {
  const printed = JSON.stringify(got);
  return cause(
    'FieldValueTypeInvalid',
    path,
    `Invalid value: ${printed}: ${path} in body must be of type ${expected}: ${printed}`,
  );
}

export function notSupported(path: string, value: unknown, supported: readonly unknown[]): Cause {
  const list = supported.map((one) => JSON.stringify(typeof one === 'string' ? one : printValue(one))).join(', ');
  return cause('FieldValueNotSupported', path, `Unsupported value: ${printValue(value)}: supported values: ${list}`);
}

export function tooLong(path: string, limit: number): Cause {
  return cause('FieldValueTooLong', path, `Too long: may not be more than ${limit} ${limit === 1 ? 'byte' : 'bytes'}`);
}

export function tooMany(path: string, count: number, limit: number): Cause {
  return cause(
    'FieldValueTooMany',
    path,
    `Too many: ${count}: must have at most ${limit} ${limit === 1 ? 'item' : 'items'}`,
  );
}

function cause(reason: CauseReason, path: string, message: string): Cause {
  return { reason, message, field: causeField(path) };
}

/** After one of these the real server does not run CEL rules. */
const BLOCKING: ReadonlySet<CauseReason> = new Set<CauseReason>([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
]);

export function isBlocking({ reason }: Cause): boolean {
  return BLOCKING.has(reason);
}

export const RULES_NOT_CHECKED: Cause = invalid(
  '',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Causes as one text: of one cause the cause, of several a list in brackets, each once. */
export function describeCauses(causes: readonly Cause[]): string {
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  return texts.length === 1 ? `${texts[0]}` : `[${texts.join(', ')}]`;
}
