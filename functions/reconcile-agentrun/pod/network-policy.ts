import { LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';
import {
  DNS_EGRESS,
  type EgressRule,
  egressTo,
  egressToUrl,
  type NetworkPolicy,
} from '../../../shared/kube/network-policy.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { NETWORK_POLICIES } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { networkPolicyOf } from '../names.ts';
import { portsOf } from '../server/sidecar.ts';
import { ownMemoryEnv, sharedMemoryEnv } from './memory-env.ts';
import type { RunBuild, SidecarSkill } from './run-build.ts';

/** Marks pods whose network their own policy closes, and which the general one leaves out, since what one allows none takes back. */
export const OWN_NETWORK = 'policy';

/**
 * Closes the network of the run's pod but for what its policy allows and what the run cannot be without: its model, and the MCP
 * servers and the telemetry that its instance names [CTL-WN1] [RUN-W18]. Whoever reaches a server's ports may connect to them. It stays as
 * long as the run does, so that no pod outlives it.
 */
export function networkActions(build: RunBuild, server?: SidecarSkill): Action[] {
  const { run, resolution } = build;
  if (resolution.network === undefined) return [];
  const { name, namespace = '' } = run.metadata;
  const object: NetworkPolicy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: networkPolicyOf(name),
      namespace,
      labels: { [LABELS.agentRun]: fitName(name), [LABELS.managedBy]: 'sympozium' },
      ownerReferences: [controllerReference(run)],
    },
    spec: {
      podSelector: { matchLabels: { [LABELS.agentRun]: fitName(name), [LABELS.network]: OWN_NETWORK } },
      policyTypes: ['Ingress', 'Egress'],
      ...(server !== undefined && { ingress: [{ ports: portsOf(server.sidecar).map(openTo) }] }),
      egress: egressOf(build, resolution.network),
    },
  };
  return [{ verb: 'apply', resource: NETWORK_POLICIES, object }];
}

const openTo = ({ containerPort, protocol }: ReturnType<typeof portsOf>[number]) => ({
  port: containerPort,
  protocol,
});

function egressOf(build: RunBuild, network: NonNullable<RunBuild['resolution']['network']>): EgressRule[] {
  const { instance, mcpServers, config } = build;
  const { observability } = instance.spec;
  const remembers = [...ownMemoryEnv(build), ...sharedMemoryEnv(build)].length > 0;
  const rules = [
    ...(network.allowDNS ? [DNS_EGRESS] : []),
    ...(network.allowEventBus ? [egressToUrl(config.POD_EVENT_BUS_URL)] : []),
    ...(remembers ? [egressToUrl(config.POD_MEMORY_URL)] : []),
    modelEgress(build),
    ...mcpServers.map(({ url }) => egressToUrl(url)),
    ...(observability?.enabled === true ? [telemetryEgress(observability.otlpEndpoint ?? '')] : []),
    ...(network.allowedEgress ?? []).map(({ host, port }) => egressTo(host, port)),
  ];
  const distinct = new Map(
    rules.flatMap((rule) => (rule === undefined ? [] : [[JSON.stringify(rule), rule] as const])),
  );
  return [...distinct.values()];
}

/** Where the agent of ours looks for a local provider whose address nobody gave; those not listed are in the pod itself. */
const LOCAL_MODELS: Readonly<Record<string, string>> = { ollama: 'http://ollama.default.svc:11434' };
const IN_THE_POD = ['lm-studio', 'llama-server', 'unsloth', 'scripted'];

function modelEgress({ resolution }: RunBuild): EgressRule | undefined {
  const { baseURL = '', provider } = resolution.model;
  if (baseURL !== '') return egressToUrl(baseURL);
  if (IN_THE_POD.includes(provider)) return undefined;
  // The addresses of providers in a cloud are theirs to change; all are public, and speak HTTPS.
  return egressToUrl(LOCAL_MODELS[provider] ?? 'https://api.example');
}

/** OTLP endpoints come with and without a scheme. */
const telemetryEgress = (endpoint: string): EgressRule | undefined =>
  endpoint === '' ? undefined : egressToUrl(endpoint.includes('://') ? endpoint : `http://${endpoint}`);
