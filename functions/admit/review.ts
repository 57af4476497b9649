import * as z from 'zod';
import type { Verdict } from './verdict.ts';

const V1 = 'admission.k8s.io/v1';

/** What is read of an `AdmissionReview`; the rest concerns nobody here. */
const ReviewSchema = z.object({
  apiVersion: z.string().catch(V1),
  request: z.object({
    uid: z.string(),
    operation: z.string(),
    namespace: z.string().default(''),
    userInfo: z
      .object({
        username: z.string().default(''),
        uid: z.string().optional(),
        groups: z.array(z.string()).optional(),
        extra: z.record(z.string(), z.array(z.string())).optional(),
      })
      .default({ username: '' }),
    object: z.unknown().optional(),
    oldObject: z.unknown().optional(),
  }),
});

export type Review = z.output<typeof ReviewSchema>;
export type AdmissionRequest = Review['request'];

/** Undefined when it asks nothing. */
export function readReview(json: unknown): Review | undefined {
  const parsed = ReviewSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** The review that carries a verdict back, in the version of the one that asked. */
export function answerOf(asked: Review | undefined, verdict: Verdict): object {
  const { allowed, code, reason, message, patch, warnings } = verdict;
  const status = { code, ...(message !== undefined && { message }), ...(reason !== undefined && { reason }) };
  return {
    apiVersion: asked?.apiVersion ?? V1,
    kind: 'AdmissionReview',
    response: {
      uid: asked?.request.uid ?? '',
      allowed,
      status,
      ...(patch !== undefined && {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
      ...(warnings !== undefined && { warnings }),
    },
  };
}
