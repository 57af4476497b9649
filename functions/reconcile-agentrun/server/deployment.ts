import type { AgentRun } from '../../../crds/agentrun.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import type { SkillSidecar } from '../../../crds/skillpack.ts';
import { marked } from '../../../shared/kube/applied.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { parseQuantity } from '../../../shared/kube/quantity.ts';
import { literal } from '../../../shared/pods/env.ts';
import { runLabels } from '../../../shared/pods/labels.ts';
import type { EnvVar } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { serverNameOf } from '../names.ts';
import { pullSecrets, serviceAccountOf } from '../pod/job.ts';
import { OWN_NETWORK } from '../pod/network-policy.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { SKILL_TOKEN_MOUNT, SKILL_TOKEN_VOLUME, wantsAccess } from '../rights/skill-access.ts';
import { paramsEnv } from '../skills/skill-container.ts';
import { API_KEY, apiKeySecretOf } from './api-key.ts';
import type { Deployment } from './objects.ts';
import { portsOf } from './sidecar.ts';

/** A server that asks for more has what it asks for as its limit: no pod may ask for more than its limit [RUN-W40]. */
const LIMITS = { cpu: '500m', memory: '256Mi' };

export function serverLabels({ metadata, spec }: AgentRun): Record<string, string> {
  return runLabels(metadata.name, spec.instanceRef, COMPONENTS.agentServer);
}

/** The one pod of a server, kept up (AgentRun spec, 3.11). */
export function serverDeployment(build: RunBuild, skill: SidecarSkill): Deployment {
  const { run, resolution } = build;
  const { name, namespace = '' } = run.metadata;
  const { nodeSelector } = resolution.model;
  const labels = serverLabels(run);
  const access = wantsAccess(skill.sidecar);
  return marked({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: serverNameOf(name), namespace, labels, ownerReferences: [controllerReference(run)] },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, ...(resolution.network !== undefined && { [LABELS.network]: OWN_NETWORK }) } },
        spec: {
          restartPolicy: 'Always',
          serviceAccountName: serviceAccountOf(run, resolution),
          automountServiceAccountToken: false,
          ...pullSecrets(resolution),
          ...(nodeSelector !== undefined && { nodeSelector }),
          // Its user is that of the image.
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container(build, skill)],
          ...(access && { volumes: [SKILL_TOKEN_VOLUME] }),
        },
      },
    },
  });
}

function container({ run }: RunBuild, { sidecar, params }: SidecarSkill): object {
  const [{ containerPort }] = portsOf(sidecar);
  const { command = [] } = sidecar;
  const { cpu = '100m', memory = '128Mi' } = sidecar.resources ?? {};
  const probe = { httpGet: { path: '/healthz', port: containerPort, scheme: 'HTTP' } };
  return {
    name: 'web-proxy',
    image: sidecar.image,
    imagePullPolicy: 'IfNotPresent',
    ...(command.length > 0 && { command }),
    env: environment(run.spec.instanceRef, sidecar, params),
    ports: portsOf(sidecar),
    livenessProbe: { ...probe, initialDelaySeconds: 5, periodSeconds: 10 },
    readinessProbe: { ...probe, initialDelaySeconds: 3, periodSeconds: 5 },
    resources: {
      requests: { cpu, memory },
      limits: { cpu: larger(cpu, LIMITS.cpu), memory: larger(memory, LIMITS.memory) },
    },
    securityContext: { ...HARDENED, runAsNonRoot: true },
    ...(wantsAccess(sidecar) && { volumeMounts: [SKILL_TOKEN_MOUNT] }),
  };
}

function environment(instance: string, sidecar: SkillSidecar, params: Readonly<Record<string, string>>): EnvVar[] {
  const secret = apiKeySecretOf(instance, params);
  const limits = [
    ['RATE_LIMIT_RPM', params['rate_limit_rpm']],
    ['RATE_LIMIT_BURST', params['rate_limit_burst']],
  ] as const;
  return [
    ...(sidecar.env ?? []).map((one) => literal(one.name, one.value)),
    literal('INSTANCE_NAME', instance),
    { name: 'WEB_PROXY_API_KEY', valueFrom: { secretKeyRef: { name: secret.name, key: API_KEY } } },
    ...limits.flatMap(([name, value = '']) => (value === '' ? [] : [literal(name, value)])),
    ...paramsEnv(params),
  ];
}

/** A text that is no quantity is left for the API server to refuse, in its words. */
function larger(asked: string, fixed: string): string {
  return (parseQuantity(asked) ?? 0n) > (parseQuantity(fixed) ?? 0n) ? asked : fixed;
}
