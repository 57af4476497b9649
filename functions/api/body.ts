import * as z from 'zod';
import { HttpError } from './http-error.ts';
import { lineAndColumn, scanJson } from './json-syntax.ts';

/** Largest request body, in bytes: a task of full length, escaped, and room for the rest (API-W20). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Reads a JSON body into what `schema` says. As in the original, its content type does not matter, unknown fields and bytes
 * after the first value are ignored, names match in any case, `null` means absent. Refuses with 400 what is not JSON or has a
 * field of the wrong type, with 422 a field that breaks a rule, with 413 what is too large.
 */
export async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const value = parseJson(await readText(request));
  const parsed = schema.safeParse(conform(value ?? {}, schema), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error.issues);
}

async function readText(request: Request): Promise<string> {
  const tooLarge = new HttpError(413, `the body must have at most ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  const scan = scanJson(text);
  if ('end' in scan) return JSON.parse(text.slice(0, scan.end));
  if (scan.wrongAt >= text.length)
    throw new HttpError(400, `invalid JSON: it ends too early, at ${lineAndColumn(text, text.length)}`);
  throw new HttpError(400, `invalid JSON: unexpected character at ${lineAndColumn(text, scan.wrongAt)}`);
}

/** Gives known fields the case that the schema has, and leaves out those that are null (both as Go's decoder does). */
function conform(value: unknown, schema: unknown): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => conform(item, inner.element));
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value))
    return value;
  const shape = inner.shape as Record<string, unknown>;
  const known = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  const conformed: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const name = known.get(key.toLowerCase());
    if (name !== undefined && field !== null) conformed[name] = conform(field, shape[name]);
  }
  return conformed;
}

function unwrap(schema: unknown): unknown {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

function refusalOf(issues: readonly z.core.$ZodIssue[]): HttpError {
  const mistyped = issues.find(({ code }) => code === 'invalid_type');
  if (mistyped?.code === 'invalid_type') {
    const found = typeNameOf(mistyped.input);
    const rule =
      found === 'nothing' ? 'is required' : `must be ${withArticle(nameOf(mistyped.expected))}, not ${found}`;
    return new HttpError(400, `invalid JSON: ${pathOf(mistyped.path)} ${rule}`);
  }
  return new HttpError(422, issues.map((issue) => `${pathOf(issue.path)} ${ruleOf(issue)}`).join('; '));
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big')
    return `must have at most ${issue.maximum} ${issue.origin === 'array' ? 'items' : 'characters'}`;
  if (issue.code === 'invalid_value')
    return `must be one of ${issue.values.map((value) => `"${String(value)}"`).join(', ')}`;
  return issue.message;
}

function pathOf(path: readonly PropertyKey[]): string {
  const dotted = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return dotted === '' ? 'the body' : `\`${dotted.replace(/^\./, '')}\``;
}

const nameOf = (expected: string) => (expected === 'record' ? 'object' : expected === 'int' ? 'integer' : expected);
const withArticle = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function typeNameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return withArticle(Array.isArray(value) ? 'array' : typeof value);
}
