import * as z from 'zod';
import { isDnsLabel } from '../../shared/kube/names.ts';

export const ACTIONS = ['create', 'update', 'suspend', 'resume', 'delete'] as const;

/** What an agent asks for (controllers spec, 4.1); empty texts count as absent. */
export interface ScheduleRequest {
  /** Of the request, for the answer; absent in requests of the original. */
  id?: string | undefined;
  name: string;
  action: (typeof ACTIONS)[number];
  schedule?: string | undefined;
  task?: string | undefined;
}

/** Why a request cannot be read, in words for the agent. */
export interface BadRequest {
  id?: string | undefined;
  problem: string;
}

const text = z
  .string()
  .optional()
  .transform((value) => (value?.trim() ? value : undefined));

const RequestSchema = z.object({
  id: text,
  name: z
    .string()
    .refine(isDnsLabel, 'must be lower-case letters, digits and dashes, 63 at most, and begin and end with no dash'),
  action: z.enum(ACTIONS, `must be one of ${ACTIONS.join(', ')}`),
  schedule: text,
  task: text,
});

/** What the shared subject's envelope says of its sender; anyone on it can say anything. */
export const ClaimSchema = z.object({
  instanceName: z.string().min(1),
  agentRunID: z.string().optional(),
  namespace: z.string().optional(),
});

/** Reads the `data` of the bus's envelope. */
export function parseRequest(message: unknown): ScheduleRequest | BadRequest {
  const data = dataOf(message);
  const parsed = RequestSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { id } = z.object({ id: text }).catch({ id: undefined }).parse(data);
  return { id, problem: `\`${issue?.path.join('.') || 'data'}\` ${issue?.message ?? 'is not usable'}` };
}

const dataOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'data' in message ? message.data : undefined;
