import type { Kind } from '../../crds/group.ts';

/** An object that can never work: `spec` is laid over a good one. What the API server says of it names `field` and `says`. */
export interface BadInput {
  what: string;
  kind: Kind;
  spec: object;
  field: string;
  says: string;
}

/** The least that each kind takes. */
export const GOOD: Readonly<Record<Kind, object>> = {
  AgentRun: {
    instanceRef: 'inst',
    agentId: '',
    sessionKey: '',
    task: 'Count.',
    model: { provider: 'openai', model: 'small', authSecretRef: '' },
  },
  SympoziumInstance: { agents: { default: { model: 'small' } } },
  SympoziumPolicy: {},
  SympoziumSchedule: { instanceRef: 'inst', schedule: '0 * * * *', task: 'Count.', type: 'scheduled' },
  SympoziumConfig: {},
  SkillPack: { skills: [] },
  PersonaPack: { personas: [] },
  MCPServer: { transportType: 'http', toolsPrefix: 'files', url: 'http://files.example' },
};

const sidecar = (parts: object) => ({ sidecar: { image: 'skill:1', ...parts } });
const atPort = (containerPort: number, name = 'http') => ({ name, containerPort });
const long = 'x'.repeat(300);

/** Edges of each schema: empty, too long, of a wrong type, unknown, or contradictory. Dangling references are met later. */
export const BAD_INPUTS: readonly BadInput[] = [
  {
    what: 'a run of nobody',
    kind: 'AgentRun',
    spec: { instanceRef: null },
    field: 'spec.instanceRef',
    says: 'Required',
  },
  {
    what: 'a name that no object has',
    kind: 'AgentRun',
    spec: { instanceRef: long },
    field: 'spec.instanceRef',
    says: 'Too long',
  },
  { what: 'a task that is no text', kind: 'AgentRun', spec: { task: 5 }, field: 'spec.task', says: 'string' },
  {
    what: 'an unknown mode',
    kind: 'AgentRun',
    spec: { mode: 'daemon' },
    field: 'spec.mode',
    says: 'Unsupported value',
  },
  {
    what: 'a time-out that Go cannot read',
    kind: 'AgentRun',
    spec: { timeout: '5 min' },
    field: 'spec.timeout',
    says: 'should match',
  },
  {
    what: 'a negative depth',
    kind: 'AgentRun',
    spec: { parent: { runName: 'a', sessionKey: '', spawnDepth: -1 } },
    field: 'spec.parent.spawnDepth',
    says: 'must not be negative',
  },
  {
    what: 'a sandbox with memory that is no quantity',
    kind: 'AgentRun',
    spec: { sandbox: { enabled: true, resources: { limits: { memory: 'much' } } } },
    field: 'spec.sandbox.resources.limits',
    says: 'must be a quantity',
  },
  {
    what: 'a server in a Sandbox',
    kind: 'AgentRun',
    spec: { mode: 'server', agentSandbox: { enabled: true } },
    field: 'spec.agentSandbox',
    says: 'not supported with mode server',
  },
  {
    what: 'an instance without a model',
    kind: 'SympoziumInstance',
    spec: { agents: { default: {} } },
    field: 'spec.agents.default.model',
    says: 'Required',
  },
  {
    what: 'fewer than no sub-agents',
    kind: 'SympoziumInstance',
    spec: { agents: { default: { model: 'small', subagents: { maxConcurrent: -1 } } } },
    field: 'spec.agents.default.subagents.maxConcurrent',
    says: 'must not be negative',
  },
  {
    what: 'more traces than all',
    kind: 'SympoziumInstance',
    spec: { observability: { samplingRatio: '1.5' } },
    field: 'spec.observability.samplingRatio',
    says: 'must be a number from 0 to 1',
  },
  {
    what: 'two servers of one name',
    kind: 'SympoziumInstance',
    spec: {
      mcpServers: [
        { name: 'a', toolsPrefix: 'a' },
        { name: 'a', toolsPrefix: 'b' },
      ],
    },
    field: 'spec.mcpServers',
    says: 'each name may be there once',
  },
  {
    what: 'a ceiling that is no quantity',
    kind: 'SympoziumPolicy',
    spec: { sandboxPolicy: { required: false, maxCPU: 'two' } },
    field: 'spec.sandboxPolicy.maxCPU',
    says: 'must be a quantity',
  },
  {
    what: 'an unknown action',
    kind: 'SympoziumPolicy',
    spec: { toolGating: { rules: [{ tool: 'read_file', action: 'log' }] } },
    field: 'spec.toolGating.rules[0].action',
    says: 'must be allow, deny or ask',
  },
  {
    what: 'a negative limit',
    kind: 'SympoziumPolicy',
    spec: { subagentPolicy: { maxDepth: -1 } },
    field: 'spec.subagentPolicy.maxDepth',
    says: 'must not be negative',
  },
  {
    what: 'a port that is none',
    kind: 'SympoziumPolicy',
    spec: { networkPolicy: { allowedEgress: [{ host: 'db', port: 70_000 }] } },
    field: 'spec.networkPolicy.allowedEgress[0].port',
    says: 'must be a port',
  },
  {
    what: 'no schedule',
    kind: 'SympoziumSchedule',
    spec: { schedule: null },
    field: 'spec.schedule',
    says: 'Required',
  },
  {
    what: 'an unknown policy of overlaps',
    kind: 'SympoziumSchedule',
    spec: { concurrencyPolicy: 'Sometimes' },
    field: 'spec.concurrencyPolicy',
    says: 'Unsupported value',
  },
  {
    what: 'two time zones',
    kind: 'SympoziumSchedule',
    spec: { schedule: 'TZ=UTC 0 * * * *', timeZone: 'Europe/Berlin' },
    field: 'spec',
    says: 'must not begin with a time zone',
  },
  {
    what: 'a gateway that is half on',
    kind: 'SympoziumConfig',
    spec: { gateway: { enabled: 'yes' } },
    field: 'spec.gateway.enabled',
    says: 'boolean',
  },
  {
    what: 'a sidecar with processors that are no quantity',
    kind: 'SkillPack',
    spec: sidecar({ resources: { cpu: 'one' } }),
    field: 'spec.sidecar.resources.cpu',
    says: 'must be a quantity',
  },
  {
    what: 'a port of nothing',
    kind: 'SkillPack',
    spec: sidecar({ ports: [atPort(0)] }),
    field: 'spec.sidecar.ports[0].containerPort',
    says: 'must be a port',
  },
  {
    what: 'two ports of one name',
    kind: 'SkillPack',
    spec: sidecar({ ports: [atPort(80), atPort(81)] }),
    field: 'spec.sidecar.ports',
    says: 'each name may be there once',
  },
  {
    what: 'an unknown protocol',
    kind: 'SkillPack',
    spec: sidecar({ ports: [{ ...atPort(80), protocol: 'HTTP' }] }),
    field: 'spec.sidecar.ports[0].protocol',
    says: 'must be TCP, UDP or SCTP',
  },
  {
    what: 'a mount at no path',
    kind: 'SkillPack',
    spec: sidecar({ hostAccess: { enabled: true, mounts: [{ hostPath: 'etc', mountPath: '/host' }] } }),
    field: 'spec.sidecar.hostAccess.mounts[0].hostPath',
    says: 'must be an absolute path',
  },
  {
    what: 'a memory of a size that is no quantity',
    kind: 'PersonaPack',
    spec: { sharedMemory: { enabled: true, storageSize: 'big' } },
    field: 'spec.sharedMemory.storageSize',
    says: 'must be a quantity',
  },
  {
    what: 'neither address nor image',
    kind: 'MCPServer',
    spec: { url: null },
    field: 'spec',
    says: 'url or deployment must be set',
  },
  {
    what: 'an address that no server has',
    kind: 'MCPServer',
    spec: { url: 'files.example' },
    field: 'spec.url',
    says: 'must be an absolute http or https URL',
  },
  {
    what: 'an address with a password',
    kind: 'MCPServer',
    spec: { url: 'https://me:secret@files.example' },
    field: 'spec.url',
    says: 'without user and password',
  },
  {
    what: 'a stdio server without a program',
    kind: 'MCPServer',
    spec: { url: null, transportType: 'stdio', deployment: { image: 'files:1' } },
    field: 'spec.deployment',
    says: 'deployment.cmd must be set',
  },
  {
    what: 'no prefix',
    kind: 'MCPServer',
    spec: { toolsPrefix: '' },
    field: 'spec.toolsPrefix',
    says: 'at least 1 chars',
  },
];
