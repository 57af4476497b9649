import { expect, it } from 'vitest';
import * as z from 'zod';
import { readBody } from './body.ts';

const Schema = z.object({
  name: z.string().max(5).optional(),
  count: z.int32().optional(),
  items: z.array(z.object({ skillPackRef: z.string() })).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  mode: z.enum(['a', 'b']).optional(),
});

const read = (body: string) => readBody(new Request('http://api/', { method: 'POST', body }), Schema);

it('takes names in any case, leaves out null and what it does not know, and keeps the keys of maps [API-008]', async () => {
  const body =
    '{"NAME":"x","count":null,"surprise":{"a":1},"Items":[{"SKILLPACKREF":"s"}],"labels":{"Key":"v"}} trailing';

  expect(await read(body)).toEqual({ name: 'x', items: [{ skillPackRef: 's' }], labels: { Key: 'v' } });
});

it('takes null for an empty object', async () => {
  expect(await read('null')).toEqual({});
});

it.each([
  ['', 400, 'invalid JSON: it ends too early, at line 1, column 1'],
  ['{"name":', 400, 'invalid JSON: it ends too early, at line 1, column 9'],
  ['{\n"name": oops}', 400, 'invalid JSON: unexpected character at line 2, column 9'],
  ['[]', 400, 'invalid JSON: the body must be an object, not an array'],
  ['{"name":5}', 400, 'invalid JSON: `name` must be a string, not a number'],
  ['{"count":"5"}', 400, 'invalid JSON: `count` must be a number, not a string'],
  ['{"items":[{}]}', 400, 'invalid JSON: `items[0].skillPackRef` is required'],
  ['{"labels":{"k":1}}', 400, 'invalid JSON: `labels.k` must be a string, not a number'],
  ['{"name":"toolong"}', 422, '`name` must have at most 5 characters'],
  ['{"mode":"c"}', 422, '`mode` must be one of "a", "b"'],
])('refuses %j with %i and says why [API-007]', async (body, status, message) => {
  await expect(read(body)).rejects.toMatchObject({ status, message });
});
