import { createHash } from 'node:crypto';
import * as z from 'zod';
import { runOfSubject } from '../../shared/bus/subjects.ts';
import { AppError } from '../../shared/errors.ts';
import { fitName } from '../../shared/kube/names.ts';
import type { RoutedMessage } from '../../shared/reconcile/function.ts';

/** An agent's request for another run (AgentRun spec, 6.1). `id` is ours; agents of the original give none. */
const SpawnSchema = z.object({
  id: z.string().min(1).max(128).optional(),
  task: z.string().min(1).max(1_048_576),
  agentId: z.string().max(1024).default('default'),
  targetPersona: z.string().max(1024).default(''),
  packName: z.string().max(253).default(''),
  systemPrompt: z.string().max(131_072).optional(),
  skills: z.array(z.string().max(253)).max(256).default([]),
});

const EnvelopeSchema = z.object({ timestamp: z.string().max(64).default(''), data: z.unknown() });

/** Who asks for what. */
export interface SpawnRequest {
  asker: { namespace: string; name: string; uid: string };
  /** Tells the requests of one run apart, and is the same whenever the message comes again. */
  id: string;
  /** Name of the run that is made for it: of the asker's UID and the request, so never that of another request [RUN-W29] [CTL-WD2]. */
  childName: string;
  /** RFC 3339, from the message. */
  timestamp: string;
  /** What is asked, or what is wrong with it. */
  wanted: z.output<typeof SpawnSchema> | { invalid: string };
}

/** Throws `REQUEST_INVALID`, which parks the message, when it cannot be told who asks. */
export function requestOf({ subject, message }: RoutedMessage): SpawnRequest {
  const asker = runOfSubject(subject);
  const envelope = EnvelopeSchema.safeParse(message);
  if (asker === undefined || !envelope.success) {
    throw new AppError('REQUEST_INVALID', 'A request for a run must come in an envelope, on a subject of a run');
  }
  const { timestamp, data } = envelope.data;
  const wanted = SpawnSchema.safeParse(data);
  const id = (wanted.success ? wanted.data.id : undefined) ?? digest(JSON.stringify(message));
  return {
    asker,
    id,
    childName: `${fitName(`sub-${asker.name}`, 52)}-${digest(`${asker.uid}/${id}`)}`,
    timestamp,
    wanted: wanted.success ? wanted.data : { invalid: z.prettifyError(wanted.error) },
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);
