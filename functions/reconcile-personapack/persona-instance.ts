import { API_VERSION } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { Persona, PersonaPack, PersonaPackSpec } from '../../crds/personapack.ts';
import type { SkillRef } from '../../crds/skill-ref.ts';
import type { SympoziumInstance, SympoziumInstanceSpec } from '../../crds/sympoziuminstance.ts';
import { marked } from '../../shared/kube/applied.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import type { PackConfig } from './config.ts';
import { personaInstanceOf } from './names.ts';

/** Model of a persona that names none, where the provider of the pack does not have that of OpenAI [CTL-WP11]. */
const DEFAULT_MODELS: Readonly<Record<string, string>> = { anthropic: 'claude-sonnet-4-5' };
const DEFAULT_MODEL = 'gpt-4o';

export const personaLabels = (pack: PersonaPack, persona: string): Record<string, string> => ({
  [LABELS.personaPack]: fitName(pack.metadata.name),
  [LABELS.persona]: fitName(persona),
});

/**
 * The instance of a persona (controllers spec, 2.2). It states what the pack says and nothing more: what the pack leaves open is
 * the user's, and stays as it is, since each field belongs to who applied it.
 */
export function personaInstance(
  pack: PersonaPack,
  persona: Persona,
  config: PackConfig,
  existing: SympoziumInstance | undefined,
): SympoziumInstance {
  const { spec } = pack;
  const channels = channelsOf(spec, persona);
  const object: SympoziumInstance = {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: {
      name: personaInstanceOf(pack.metadata.name, persona.name),
      namespace: pack.metadata.namespace ?? '',
      labels: personaLabels(pack, persona.name),
      ownerReferences: [controllerReference(pack)],
    },
    spec: {
      agents: { default: profileOf(spec, persona, existing) },
      ...(spec.authRefs !== undefined && spec.authRefs.length > 0 && { authRefs: spec.authRefs }),
      memory: { enabled: persona.memory?.enabled ?? true, maxSizeKB: 256, systemPrompt: persona.systemPrompt },
      observability: observabilityOf(config),
      skills: skillsOf(spec, persona),
      ...(channels.length > 0 && { channels }),
      ...(spec.policyRef !== undefined && spec.policyRef !== '' && { policyRef: spec.policyRef }),
    },
  };
  return marked(object);
}

function profileOf(
  { agentSandbox, authRefs = [], baseURL = '' }: PersonaPackSpec,
  { model = '', lifecycle, toolPolicy }: Persona,
  existing: SympoziumInstance | undefined,
): SympoziumInstanceSpec['agents']['default'] {
  const fallback = DEFAULT_MODELS[authRefs[0]?.provider ?? ''] ?? DEFAULT_MODEL;
  return {
    // Where the pack leaves the model open, that which somebody chose stays.
    model: model || (existing?.spec.agents.default.model ?? fallback),
    ...(baseURL !== '' && { baseURL }),
    ...(agentSandbox !== undefined && { agentSandbox }),
    ...(lifecycle !== undefined && { lifecycle }),
    ...(toolPolicy !== undefined && { toolPolicy }),
  };
}

/** In order, without the skill that only the original's bridge was; memory always, the web endpoint when asked for. */
function skillsOf({ skillParams = {} }: PersonaPackSpec, { skills = [], webEndpoint }: Persona): SkillRef[] {
  const own = skills
    .filter((skill) => skill !== 'mcp-bridge')
    .map((skillPackRef): SkillRef => {
      const params = skillParams[skillPackRef] ?? {};
      return { skillPackRef, ...(Object.keys(params).length > 0 && { params }) };
    });
  const { enabled = false, hostname = '' } = webEndpoint ?? {};
  return [
    ...own,
    ...(skills.includes('memory') ? [] : [{ skillPackRef: 'memory' }]),
    ...(enabled ? [{ skillPackRef: 'web-endpoint', ...(hostname !== '' && { params: { hostname } }) }] : []),
  ];
}

function channelsOf(
  { channelConfigs = {}, channelAccessControl = {} }: PersonaPackSpec,
  { channels = [] }: Persona,
): NonNullable<SympoziumInstanceSpec['channels']> {
  return channels.map((type) => {
    const accessControl = channelAccessControl[type];
    const secret = channelConfigs[type] ?? '';
    return { type, configRef: { secret }, ...(accessControl !== undefined && { accessControl }) };
  });
}

const observabilityOf = (config: PackConfig): SympoziumInstanceSpec['observability'] => ({
  enabled: config.SYMPOZIUM_DEFAULT_OTEL_ENABLED,
  otlpEndpoint: config.SYMPOZIUM_DEFAULT_OTEL_ENDPOINT,
  otlpProtocol: config.SYMPOZIUM_DEFAULT_OTEL_PROTOCOL,
  serviceName: config.SYMPOZIUM_DEFAULT_OTEL_SERVICE_NAME,
  resourceAttributes: { 'deployment.environment': 'cluster', 'k8s.cluster.name': 'unknown' },
});
