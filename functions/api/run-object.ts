import type { AgentRunInput } from '../../crds/agentrun.ts';
import { API_VERSION } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { SkillRef } from '../../crds/skill-ref.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { fitName } from '../../shared/kube/names.ts';
import { PROVIDER_ANNOTATION, REQUEST_DIGEST_ANNOTATION } from './annotations.ts';
import { HttpError } from './http-error.ts';
import { providerOfBaseUrl, SCRIPTED_PROVIDER } from './providers.ts';
import type { CreateRun, Idempotency } from './run-request.ts';

/**
 * The AgentRun of a request: what the instance gives (provider, key, address, skills, hooks) and what the request says
 * instead. Pure. The run is born with its finalizer, which spares its reconciler a write.
 */
export function runFor(
  request: CreateRun,
  instance: SympoziumInstance,
  { sessionKey, idempotency }: { sessionKey: string; idempotency: Idempotency | undefined },
): AgentRunInput {
  const { name: instanceName, namespace = 'default' } = instance.metadata;
  const profile = instance.spec.agents.default;
  const skills = mergeSkills(instance.spec.skills ?? [], request.skills ?? []);
  const name = idempotency?.name ?? request.name ?? '';
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: {
      ...(name === '' ? { generateName: `${instanceName}-` } : { name }),
      namespace,
      labels: { [LABELS.instance]: fitName(instanceName) },
      ...(idempotency !== undefined && { annotations: { [REQUEST_DIGEST_ANNOTATION]: idempotency.digest } }),
      finalizers: [FINALIZERS.agentRun],
    } as AgentRunInput['metadata'], // An object to be created from `generateName` has no name yet.
    spec: {
      instanceRef: instanceName,
      agentId: request.agentId || 'primary',
      sessionKey: request.sessionKey || sessionKey,
      task: request.task,
      model: modelOf(request, instance),
      ...(skills.length > 0 && { skills }),
      ...(request.timeout && { timeout: request.timeout }),
      ...(instance.spec.imagePullSecrets !== undefined && { imagePullSecrets: instance.spec.imagePullSecrets }),
      ...(profile.lifecycle !== undefined && { lifecycle: profile.lifecycle }),
    },
  };
}

type Model = AgentRunInput['spec']['model'];

function modelOf(request: CreateRun, instance: SympoziumInstance): Model {
  const { model, nodeSelector, baseURL = '' } = instance.spec.agents.default;
  const own = providerOf(instance);
  const provider = request.provider || own.provider;
  const isOwn = provider === own.provider;
  const secret = isOwn ? own.secret : secretFor(instance, provider);
  const address = isOwn ? baseURL : '';
  if (secret === '' && address === '' && provider !== SCRIPTED_PROVIDER)
    throw noKey(instance.metadata.name, isOwn, provider);
  return {
    provider,
    model: request.model || model,
    ...(address !== '' && { baseURL: address }),
    authSecretRef: secret,
    ...(nodeSelector !== undefined && { nodeSelector }),
  };
}

/** Provider and Secret of an instance: its first key decides; without one its annotation, else its address (API-W38). */
function providerOf({ metadata, spec }: SympoziumInstance): { provider: string; secret: string } {
  const first = spec.authRefs?.[0];
  if (first !== undefined) return { provider: first.provider || 'openai', secret: first.secret };
  const baseUrl = spec.agents.default.baseURL ?? '';
  const inferred = baseUrl === '' ? 'openai' : providerOfBaseUrl(baseUrl);
  return { provider: metadata.annotations?.[PROVIDER_ANNOTATION] || inferred, secret: '' };
}

const secretFor = ({ spec }: SympoziumInstance, provider: string): string =>
  spec.authRefs?.find((ref) => ref.provider === provider)?.secret ?? '';

function noKey(instance: string, isOwn: boolean, provider: string): HttpError {
  return new HttpError(
    400,
    isOwn
      ? `instance "${instance}" has no API key configured (authRefs is empty)`
      : `instance "${instance}" has no API key configured for provider "${provider}"`,
  );
}

/** The instance's skills, then those of the request that it does not have. */
function mergeSkills(inherited: readonly SkillRef[], asked: readonly SkillRef[]): SkillRef[] {
  const has = (skill: SkillRef) =>
    inherited.some((one) => one.skillPackRef === skill.skillPackRef && one.configMapRef === skill.configMapRef);
  return [...inherited, ...asked.filter((skill) => !has(skill))];
}
