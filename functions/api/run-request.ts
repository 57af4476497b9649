import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AgentRunSpecSchema } from '../../crds/agentrun.ts';
import { duration, list, text } from '../../crds/meta.ts';
import { SkillRefSchema } from '../../crds/skill-ref.ts';
import { fitName, isDnsLabel } from '../../shared/kube/names.ts';
import { HttpError } from './http-error.ts';
import { DNS_LABEL_RULE } from './query.ts';

/** Body of `POST /runs`. `name`, `provider` and `skills` are ours; the original ignores `name` and `timeout` (API-W35). */
export const CreateRunSchema = z.object({
  instanceRef: z.string().max(253).optional(),
  task: AgentRunSpecSchema.shape.task.optional(),
  agentId: text().optional(),
  sessionKey: text().optional(),
  model: text().optional(),
  provider: text().optional(),
  timeout: goDuration().optional(),
  name: z
    .string()
    .refine((name) => name === '' || isDnsLabel(name), `must be ${DNS_LABEL_RULE}`)
    .optional(),
  skills: list(SkillRefSchema).optional(),
});

export type CreateRun = z.output<typeof CreateRunSchema> & { instanceRef: string; task: string };

/** The two fields that make a run. */
export function withRequired(request: z.output<typeof CreateRunSchema>): CreateRun {
  const { instanceRef, task } = request;
  if (!instanceRef || !task) throw new HttpError(400, 'instanceRef and task are required');
  return { ...request, instanceRef, task };
}

/** Empty means absent, as everywhere in this API. */
export function goDuration() {
  const syntax = duration();
  return z
    .string()
    .refine(
      (text) => text === '' || (syntax.safeParse(text).success && /[1-9]/.test(text) && !text.startsWith('-')),
      'must be a Go duration above zero, such as 90s, 10m or 1h30m',
    );
}

/** What an `Idempotency-Key` makes of a request: the same name for every repeat, and a digest that tells a repeat from a reuse. */
export interface Idempotency {
  name: string;
  digest: string;
}

const KEY_MAX = 255;
const HASH_LENGTH = 12;

export function idempotencyOf(key: string | undefined, namespace: string, request: CreateRun): Idempotency | undefined {
  if (key === undefined || key === '') return undefined;
  if (key.length > KEY_MAX) throw new HttpError(422, `\`Idempotency-Key\` must have at most ${KEY_MAX} characters`);
  const hash = sha256(JSON.stringify([namespace, request.instanceRef, key])).slice(0, HASH_LENGTH);
  const digest = sha256(JSON.stringify(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1))));
  return { name: request.name || `${fitName(request.instanceRef, 62 - HASH_LENGTH)}-${hash}`, digest };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
