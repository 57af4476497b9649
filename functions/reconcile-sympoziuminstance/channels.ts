import { CHANNEL_STATES, INSTANCE_REASONS } from '../../crds/conditions.ts';
import type { SympoziumInstance, SympoziumInstanceStatus } from '../../crds/sympoziuminstance.ts';
import { isApplied } from '../../shared/kube/applied.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import { DEPLOYMENTS, PERSISTENT_VOLUME_CLAIMS, refOf, SECRETS } from '../../shared/kube/resources.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import { channelDeployment, whatsappClaim } from './channel-deployment.ts';
import type { InstanceConfig } from './config.ts';
import { channelDeploymentOf } from './names.ts';
import type { Standing } from './observed.ts';
import { invalidReference, isFound, type Problem } from './references.ts';

const CHANNEL_TYPES = ['telegram', 'slack', 'discord', 'whatsapp'] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

export interface Channel {
  type: ChannelType;
  /** Name of the Secret with the credentials; empty when there is none. */
  secret: string;
}

type ChannelStatus = NonNullable<SympoziumInstanceStatus['channels']>[number];

interface Outcome {
  actions: Action[];
  status: ChannelStatus;
  problem?: Problem;
}

export interface ChannelsPlan {
  actions: Action[];
  statuses: ChannelStatus[];
  problems: Problem[];
}

/** Each entry of `spec.channels` as a channel, or why it cannot be one. */
export function channelsOf({ spec }: SympoziumInstance): (Channel | { type: string; problem: Problem })[] {
  const { channels = [] } = spec;
  return channels.map(({ type, configRef }, index) => {
    const known = CHANNEL_TYPES.find((one) => one === type);
    const first = channels.findIndex((one) => one.type === type);
    const secret = configRef?.secret ?? '';
    if (known === undefined) {
      return {
        type,
        problem: invalid(`\`channels[${index}].type\` must be one of ${CHANNEL_TYPES.join(', ')}, not "${type}"`),
      };
    }
    if (first !== index) {
      return {
        type,
        problem: invalid(`\`channels[${index}]\` must not have the type of \`channels[${first}]\`, "${type}"`),
      };
    }
    if (secret !== '' && !isDnsSubdomain(secret)) {
      return { type, problem: invalidReference(`channels[${index}].configRef.secret`, 'Secret', secret) };
    }
    return { type: known, secret };
  });
}

const invalid = (message: string): Problem => ({ reason: INSTANCE_REASONS.invalidChannel, message });

/** Deployments as the channels ask for them; those of channels that are no longer listed go [CTL-WI2]. */
export function planChannels(seen: Standing, config: InstanceConfig): ChannelsPlan {
  const { primary, deployments } = seen;
  const channels = channelsOf(primary);
  const wanted = new Set(channels.map(({ type }) => channelDeploymentOf(primary.metadata.name, type)));
  const removals = deployments
    .filter(({ metadata }) => !wanted.has(metadata.name) && metadata.deletionTimestamp === undefined)
    .map((one): Action => ({ verb: 'delete', target: refOf(DEPLOYMENTS, one), propagation: 'Background' }));
  const outcomes = channels.map(
    (channel): Outcome =>
      'problem' in channel ? failed(channel.type, channel.problem) : planChannel(seen, channel, config),
  );
  return {
    actions: [...removals, ...outcomes.flatMap(({ actions }) => actions)],
    statuses: outcomes.map(({ status }) => status),
    problems: outcomes.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
  };
}

const failed = (type: string, problem: Problem): Outcome => ({
  actions: [],
  status: { type, status: CHANNEL_STATES.error, message: problem.message },
  problem,
});

function planChannel(seen: Standing, channel: Channel, config: InstanceConfig): Outcome {
  const { primary, deployments, taken } = seen;
  const { type, secret } = channel;
  if (secret !== '' && !isFound(seen, SECRETS, secret)) {
    return failed(type, { reason: INSTANCE_REASONS.secretNotFound, message: `secret "${secret}" not found` });
  }
  const desired = channelDeployment(primary, channel, config);
  const { name } = desired.metadata;
  if (taken.includes(name)) {
    const message = `Deployment "${name}" belongs to something else; rename or remove it`;
    return failed(type, { reason: INSTANCE_REASONS.nameTaken, message });
  }
  const existing = deployments.find(({ metadata }) => metadata.name === name);
  if (existing !== undefined && isApplied(existing, desired)) {
    const ready = (existing.status?.readyReplicas ?? 0) > 0;
    return { actions: [], status: { type, status: ready ? CHANNEL_STATES.connected : CHANNEL_STATES.disconnected } };
  }
  const claim: Action[] =
    type === 'whatsapp' && existing === undefined
      ? [{ verb: 'apply', resource: PERSISTENT_VOLUME_CLAIMS, object: whatsappClaim(primary) }]
      : [];
  return {
    actions: [...claim, { verb: 'apply', resource: DEPLOYMENTS, object: desired }],
    status: { type, status: CHANNEL_STATES.pending },
  };
}
