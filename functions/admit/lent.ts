import type { AgentRunSpec } from '../../crds/agentrun.ts';
import type { AuthRef } from '../../crds/auth-ref.ts';
import { GROUP, KINDS } from '../../crds/group.ts';
import type { McpServerSpec } from '../../crds/mcpserver.ts';
import type { PersonaPackSpec } from '../../crds/personapack.ts';
import type { RbacRule } from '../../crds/rbac.ts';
import type { SkillRef } from '../../crds/skill-ref.ts';
import type { SkillPackSpec } from '../../crds/skillpack.ts';
import type { SympoziumInstanceSpec } from '../../crds/sympoziuminstance.ts';
import { isSame } from '../../shared/kube/applied.ts';
import { privilegesOf } from '../../shared/policy/privileges.ts';

/** Something that the API server can be asked whether somebody may do it. */
export interface Right {
  verb: string;
  group: string;
  /** With its subresource, such as `pods/log`. */
  resource: string;
  name?: string;
  /** In every namespace, and not only in that of the object. */
  inCluster?: true;
}

/** A right that agents, hooks or servers get from an object: whoever writes it must have the right [RUN-W21]. Plain JSON. */
export interface Lent {
  /** Path in the object. */
  field: string;
  right: Right;
}

export function lentByRun({ model, skills, lifecycle }: AgentRunSpec): Lent[] {
  return [
    ...secret('spec.model.authSecretRef', model.authSecretRef),
    ...callerKeys('spec.skills', skills),
    ...rules('spec.lifecycle.rbac', lifecycle?.rbac),
  ];
}

export function lentByInstance(spec: SympoziumInstanceSpec): Lent[] {
  const { authRefs = [], channels = [], mcpServers = [], observability, skills, agents } = spec;
  return [
    ...keys(authRefs),
    ...channels.flatMap(({ configRef }, index) =>
      secret(`spec.channels[${index}].configRef.secret`, configRef?.secret),
    ),
    ...mcpServers.flatMap(({ authSecret }, index) => secret(`spec.mcpServers[${index}].authSecret`, authSecret)),
    ...secret('spec.observability.headersSecretRef', observability?.headersSecretRef),
    ...callerKeys('spec.skills', skills),
    ...rules('spec.agents.default.lifecycle.rbac', agents.default.lifecycle?.rbac),
  ];
}

/**
 * What a run may use since its instance lends it: keys, as long as they are sent where the instance sends them, and the rights of hooks,
 * as long as they are the very hooks of the instance. With another address or image they would be lent to somebody else.
 */
export function lentThrough({ authRefs = [], skills, agents }: SympoziumInstanceSpec, run: AgentRunSpec): Lent[] {
  const { baseURL = '', lifecycle } = agents.default;
  const address = run.model.baseURL ?? '';
  const sameAddress = address === '' || address === baseURL;
  return [
    ...(sameAddress ? keys(authRefs) : []),
    ...callerKeys('spec.skills', skills),
    ...(isSame(lifecycle, run.lifecycle) ? rules('spec.agents.default.lifecycle.rbac', lifecycle?.rbac) : []),
  ];
}

export function lentByPack({
  authRefs = [],
  channelConfigs = {},
  skillParams = {},
  personas,
}: PersonaPackSpec): Lent[] {
  return [
    ...keys(authRefs),
    ...Object.entries(channelConfigs).flatMap(([type, name]) => secret(`spec.channelConfigs[${type}]`, name)),
    ...Object.entries(skillParams).flatMap(([skill, params]) => callerKey(`spec.skillParams[${skill}]`, params)),
    ...personas.flatMap(({ lifecycle }, index) => rules(`spec.personas[${index}].lifecycle.rbac`, lifecycle?.rbac)),
  ];
}

export function lentBySkillPack({ sidecar }: SkillPackSpec): Lent[] {
  const { node, network } = privilegesOf(sidecar);
  return [
    ...secret('spec.sidecar.secretRef', sidecar?.secretRef),
    ...rules('spec.sidecar.rbac', sidecar?.rbac),
    ...rules('spec.sidecar.clusterRBAC', sidecar?.clusterRBAC, { inCluster: true }),
    // Nothing in RBAC stands for the node: only who may hand out any right may hand out this.
    ...(node.length + network.length > 0
      ? [
          {
            field: 'spec.sidecar.hostAccess',
            right: { verb: ESCALATE, group: GROUP, resource: KINDS.SkillPack.plural, inCluster: true as const },
          },
        ]
      : []),
  ];
}

export function lentByMcpServer({ deployment }: McpServerSpec): Lent[] {
  const { secretRefs = [], serviceAccountName = '' } = deployment ?? {};
  const account = { verb: 'impersonate', group: '', resource: 'serviceaccounts', name: serviceAccountName };
  return [
    ...secretRefs.flatMap(({ name }, index) => secret(`spec.deployment.secretRefs[${index}].name`, name)),
    ...(serviceAccountName === '' ? [] : [{ field: 'spec.deployment.serviceAccountName', right: account }]),
  ];
}

/** The verb of whoever may lend what they do not have, as RBAC knows it for roles. */
export const ESCALATE = 'escalate';

const secret = (field: string, name: string | undefined): Lent[] =>
  name === undefined || name === '' ? [] : [{ field, right: { verb: 'get', group: '', resource: 'secrets', name } }];

const keys = (authRefs: readonly AuthRef[]): Lent[] =>
  authRefs.flatMap((ref, index) => secret(`spec.authRefs[${index}].secret`, ref.secret));

/** The parameter names the Secret with the key of a server's callers. */
const callerKey = (field: string, { auth_secret_ref: name }: Readonly<Record<string, string>>): Lent[] =>
  secret(`${field}.auth_secret_ref`, name);

const callerKeys = (field: string, skills: readonly SkillRef[] = []): Lent[] =>
  skills.flatMap(({ params = {} }, index) => callerKey(`${field}[${index}].params`, params));

function rules(field: string, list: readonly RbacRule[] = [], scope: { inCluster?: true } = {}): Lent[] {
  return list.flatMap(({ apiGroups, resources, verbs }, index) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ field: `${field}[${index}]`, right: { verb, group, resource, ...scope } })),
      ),
    ),
  );
}
