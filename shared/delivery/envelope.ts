import * as z from 'zod';

const attributes = {
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(256),
  subject: z.string().min(1).max(1024),
  time: z.string().max(64),
  traceparent: z.string().max(64).optional(),
  datacontenttype: z.string().optional(),
};

/** One reconcile request. `subject` is `<plural>/<namespace>/<name>`; cluster-scoped kinds leave the namespace empty. */
const ReconcileEnvelopeSchema = z.object({
  ...attributes,
  type: z.literal('ai.sympozium.reconcile'),
  data: z.object({ attempt: z.int32().min(0) }),
});

/** One message of the bus for a router. `subject` is the NATS subject. */
const MessageEnvelopeSchema = z.object({
  ...attributes,
  type: z.literal('ai.sympozium.message'),
  data: z.object({ message: z.unknown(), sequence: z.int().min(0), deliveries: z.int32().min(1) }),
});

/** One tick of a schedule (EventBridge rule, or the host's timer). */
const TickEnvelopeSchema = z.object({
  ...attributes,
  type: z.literal('ai.sympozium.tick'),
  data: z.object({}),
});

/** One question of the API server. `subject` is the path of the webhook; the review is as it came. */
const AdmissionEnvelopeSchema = z.object({
  ...attributes,
  type: z.literal('ai.sympozium.admission'),
  data: z.object({ review: z.unknown() }),
});

/** CloudEvents 1.0 in JSON (structured mode), the body of every signed POST from relay to function. */
export const EnvelopeSchema = z.discriminatedUnion('type', [
  ReconcileEnvelopeSchema,
  MessageEnvelopeSchema,
  TickEnvelopeSchema,
  AdmissionEnvelopeSchema,
]);

export type ReconcileEnvelope = z.output<typeof ReconcileEnvelopeSchema>;
export type MessageEnvelope = z.output<typeof MessageEnvelopeSchema>;
export type Envelope = z.output<typeof EnvelopeSchema>;
