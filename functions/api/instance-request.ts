import * as z from 'zod';
import { objectName, text } from '../../crds/meta.ts';
import { SympoziumInstanceSpecSchema } from '../../crds/sympoziuminstance.ts';
import { isDnsLabel } from '../../shared/kube/names.ts';
import { HttpError } from './http-error.ts';
import { DNS_LABEL_RULE } from './query.ts';
import { goDuration } from './run-request.ts';

const spec = SympoziumInstanceSpecSchema.shape;
const profile = spec.agents.shape.default.shape;

/** Body of `POST /instances` (api.md 1.5). Empty texts count as absent. */
export const CreateInstanceSchema = z.object({
  name: z
    .string()
    .refine((name) => name === '' || isDnsLabel(name), `must be ${DNS_LABEL_RULE}`)
    .optional(),
  provider: text(253).optional(),
  model: text().optional(),
  baseURL: text(8192).optional(),
  secretName: objectName().optional(),
  apiKey: text(65_536).optional(),
  awsRegion: text().optional(),
  awsAccessKeyId: text().optional(),
  awsSecretAccessKey: text().optional(),
  awsSessionToken: text(65_536).optional(),
  policyRef: spec.policyRef,
  skills: spec.skills,
  channels: spec.channels,
  heartbeatInterval: text(253).optional(),
  nodeSelector: profile.nodeSelector,
  agentSandbox: profile.agentSandbox,
  runTimeout: goDuration().optional(),
  requireApproval: z.boolean().optional(),
});

export type CreateInstance = z.output<typeof CreateInstanceSchema> & { name: string; provider: string; model: string };

/** The three fields without which there is no instance. */
export function withRequired(request: z.output<typeof CreateInstanceSchema>): CreateInstance {
  const { name, provider, model } = request;
  if (!name || !provider || !model) throw new HttpError(400, 'name, provider, and model are required');
  return { ...request, name, provider, model };
}
