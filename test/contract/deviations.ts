import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Difference } from './diff.ts';
import { SERVER_DEVIATIONS } from './server-deviations.ts';

/** A difference from the original that is meant: where, why, and the numbered weakness that it answers. */
export interface Deviation {
  id: string;
  reason: string;
  path: RegExp;
  /** Narrows the difference to exactly the one that is meant. */
  when?: (difference: Difference) => boolean;
}

const JOB = String.raw`^/created/Job [\w-]+/object`;
const POD = `${JOB}/spec/template/spec`;
const added = ({ expected }: Difference): boolean => expected === undefined;
const at = (...parts: string[]): RegExp => new RegExp(`${parts.join('')}$`);

const withoutSecretKey = (key: string, value: unknown): unknown => (key === 'secretKey' ? undefined : value);

/** `added` means: ours has it, the original does not; nothing else may differ there. */
export const DEVIATIONS: Deviation[] = [
  // The Job
  {
    id: 'RUN-W28',
    reason:
      'The Job ends itself a minute after the time-out of the control plane, also where the time-out is the default',
    path: at(JOB, '/spec/activeDeadlineSeconds'),
    when: ({ expected, actual }) => expected === 600 && actual === 660,
  },
  {
    id: 'RUN-W06',
    reason: 'The Job carries what the run resolved to, until the status does',
    path: at(JOB, '/metadata/annotations'),
    when: ({ expected, actual }) =>
      expected === undefined && String(Object.keys(actual ?? {})) === 'sympozium.ai/resolution',
  },
  {
    id: 'RUN-W18',
    reason: 'Network policies select agent pods by this label',
    path: at(JOB, '/spec/template/metadata/labels/sympozium.ai/role'),
    when: added,
  },
  {
    id: 'RUN-W58',
    reason: 'No container gets a token unasked',
    path: at(POD, '/automountServiceAccountToken'),
    when: ({ actual }) => actual === false,
  },
  {
    id: 'RUN-W03',
    reason: 'A pod that is stopped need not take half a minute',
    path: at(POD, '/terminationGracePeriodSeconds'),
    when: added,
  },
  {
    id: 'RUN-W05',
    reason: 'The runner is told the time-out that counts',
    path: at(POD, '/containers/agent/env/RUN_TIMEOUT'),
    when: added,
  },
  {
    id: 'RUN-W05',
    reason: 'Agent and bridge join the trace of the run',
    path: at(POD, '/containers/(agent|ipc-bridge)/env/TRACEPARENT'),
    when: added,
  },
  {
    id: 'RUN-W30',
    reason: 'The agent knows which skills can execute commands',
    path: at(POD, '/containers/agent/env/SKILL_EXECUTORS'),
    when: added,
  },
  {
    id: 'RUN-W26a',
    reason: 'Each run publishes on a subject of its own',
    path: at(POD, '/containers/ipc-bridge/env/RUN_SUBJECT'),
    when: added,
  },

  // MCP
  {
    id: 'RUN-W04',
    reason: "Bridges find a server's token: `secretKey` stands beside `tokenEnv`. The file is JSON, which is YAML",
    path: /^\/created\/ConfigMap [\w-]+-mcp-servers\/object\/data\/mcp-servers\.yaml$/,
    when: ({ expected, actual }) =>
      isDeepStrictEqual(parse(String(expected)), JSON.parse(String(actual), withoutSecretKey)),
  },
  {
    id: 'RUN-W49',
    reason: 'Agent and bridge know that a manifest of tools will come',
    path: at(POD, '/containers/(agent|ipc-bridge)/env/MCP_ENABLED'),
    when: added,
  },

  // Memory
  {
    id: 'API-W57',
    reason: "A memory is served by the relay, at an address that opens this owner's alone, in one access mode",
    path: at(POD, '/containers/agent/env/(WORKFLOW_)?MEMORY_SERVER_URL(/value)?'),
    when: ({ expected, actual }) => /-memory\./.test(String(expected)) && /8789\/memory\/[\w.-]+$/.test(String(actual)),
  },
  {
    id: 'CTL-WI3',
    reason:
      'No run waits in its pod for a server of its instance: the relay, which had the pod made, serves its memory',
    path: at(POD, '/initContainers'),
    when: ({ expected, actual }) =>
      actual === undefined &&
      [...JSON.stringify(expected).matchAll(/"name":"([^"]+)"/g)].every(([, name]) => /^wait-for-/.test(name ?? '')),
  },
  {
    id: 'CTL-WI1',
    reason: 'An instance has no Deployment, claim or Service of its own for its memory: idle, it costs nothing',
    path: /^\/created\/(Deployment|Service|PersistentVolumeClaim) [\w-]+-memory(-db)?$/,
    when: ({ actual }) => actual === undefined,
  },

  // Personas
  {
    id: 'RUN-W56',
    reason: 'A persona has the system prompt of its pack',
    path: at(
      String.raw`^/created/(ConfigMap [\w-]+-input/object/data/system-prompt|Job [\w-]+/object/spec/template/spec/containers/agent/env/SYSTEM_PROMPT/value)`,
    ),
    when: ({ expected, actual }) => (expected ?? '') === '' && actual === 'You are reader.',
  },

  // Sidecars
  {
    id: 'RUN-W50',
    reason: 'The sandbox executes commands, where its image is not one of its own',
    path: at(POD, '/containers/sandbox/(command|env|volumeMounts//ipc)'),
    when: ({ path, actual }) => path.endsWith('command') === (actual === undefined),
  },
  {
    id: 'RUN-W58',
    reason: 'The sandbox cannot gain rights',
    path: at(POD, '/containers/sandbox/securityContext/allowPrivilegeEscalation'),
    when: added,
  },
  {
    id: 'RUN-W58',
    reason: 'Sidecars of skills are hardened unless they ask for the node',
    path: at(POD, String.raw`/containers/skill-[\w-]+/securityContext`),
    when: added,
  },
  {
    id: 'RUN-W30',
    reason: 'A sidecar knows its name, so that it can leave the requests of others alone',
    path: at(POD, String.raw`/containers/skill-[\w-]+/env(/SKILL_NAME)?`),
    when: ({ expected, actual }) => expected === undefined && JSON.stringify(actual).includes('"SKILL_NAME"'),
  },
  {
    id: 'RUN-W17',
    reason: 'A run whose skills use the API server has a ServiceAccount of its own',
    path: at(`(${POD}/serviceAccountName|/created/ServiceAccount sympozium-run-`, String.raw`[\w-]+)`),
  },
  {
    id: 'RUN-W17',
    reason: 'Its token is mounted into those sidecars only',
    path: at(
      POD,
      String.raw`/(volumes/skill-token|containers/skill-[\w-]+/volumeMounts//var/run/secrets/kubernetes.io/serviceaccount)`,
    ),
    when: added,
  },
  {
    id: 'RUN-W17',
    reason: 'Bindings are for that account',
    path: /^\/created\/RoleBinding [\w-]+\/object\/subjects\/sympozium-[\w-]+$/,
  },
  {
    id: 'RUN-W17',
    reason: 'Rights in the namespace go when the run ends, too',
    path: /^\/created\/Role(Binding)? [\w-]+\/deleted$/,
    when: ({ actual }) => actual === true,
  },
  {
    id: 'RUN-W19',
    reason: 'Rights are labelled with the namespace of their run',
    path: /^\/created\/Role(Binding)? [\w-]+\/object\/metadata\/labels\/sympozium\.ai\/run-namespace$/,
    when: added,
  },
  {
    id: 'RUN-W19',
    reason: 'Rights in the cluster are named with the namespace of their run',
    path: /^\/created\/ClusterRole(Binding)? sympozium-skill-[\w-]+(-|:[\w<>]+:)run-\w+$/,
  },

  // Limits

  // Texts of skills
  {
    id: 'RUN-W20',
    reason:
      "Texts of the system's packs are copied for each run, so that no run owns what another needs; other ConfigMaps of the system are not copied",
    path: /^\/created\/ConfigMap ((pack|notes)-\w+|run-\w+-skill-pack-\w+)$/,
  },
  {
    id: 'RUN-W20',
    reason: 'The pod mounts that copy',
    path: at(POD, String.raw`/volumes/skills/projected/sources/\d/configMap/name`),
    when: ({ expected, actual }) => /^run-\w+-skill-/.test(String(actual)) && String(actual).endsWith(String(expected)),
  },

  // Policy
  {
    id: 'RUN-W36',
    reason: 'A run at the maximum depth of its policy fails here too, as it is denied at admission',
    path: /^\/(created\/(Job run-kc2|ConfigMap run-kc2-input|ServiceAccount sympozium-agent)|runs\/AgentRun run-kc2\/.*)$/,
  },
  {
    id: 'RUN-W36',
    reason: 'Its failure is told',
    path: /^\/messages\/\d$/,
    when: ({ expected, actual }) =>
      expected === undefined && JSON.stringify(actual).includes('sub-agent depth 2 exceeds max 2'),
  },

  // Hooks and gate
  {
    id: 'RUN-W60',
    reason: 'Each hook has a time-out of its own, and a gate may wait for a person',
    path: /^\/created\/Job [\w-]+-postrun\/object\/spec\/activeDeadlineSeconds$/,
    when: ({ expected, actual }) => expected === 600 && [1260, 87_060].includes(Number(actual)),
  },
  {
    id: 'RUN-W47',
    reason: 'The pod of the hooks is as hardened as that of the agent',
    path: /^\/created\/Job [\w-]+-postrun\/object\/spec\/template\/spec\/securityContext\/seccompProfile$/,
    when: ({ actual }) => JSON.stringify(actual) === '{"type":"RuntimeDefault"}',
  },
  {
    id: 'RUN-W48',
    reason: "A hook's own variables count before the run's, before the agent as after it",
    path: at(POD, '/initContainers/pre-clone/env/(MODE/value|#order)'),
  },
  {
    id: 'RUN-W17',
    reason: 'Only hooks with rights get a token, that of an account of the run',
    path: at(POD, String.raw`/initContainers/pre-[\w-]+/volumeMounts//var/run/secrets/kubernetes.io/serviceaccount`),
    when: added,
  },
  {
    id: 'RUN-W13',
    reason: 'An answer under a gate is kept apart, and removed with the verdict unless that let it out',
    path: /^\/created\/ConfigMap [\w-]+-held-answer$/,
    when: ({ path, expected, actual }) =>
      expected === undefined && (path.includes('run-x1-') || (actual as { deleted?: true }).deleted === true),
  },
  {
    id: 'RUN-W62',
    reason: 'The workspace goes with every end of a run',
    path: /^\/created\/PersistentVolumeClaim run-lk1-workspace\/deleted$/,
    when: added,
  },
  {
    id: 'RUN-W28',
    reason: 'Hooks follow a time-out, too',
    path: /^(\/created\/Job run-lk1-postrun|\/runs\/AgentRun run-lk1\/(phases\/[23]|status\/(exitCode|postRunJobName)))$/,
  },
  {
    id: 'RUN-W41',
    reason: 'The condition says which hook failed, and how',
    path: /^\/runs\/AgentRun [\w-]+\/status\/conditions\/PostRunFailed\/message$/,
    when: ({ expected, actual }) => String(actual).startsWith(`${String(expected)}: `),
  },

  // Status
  {
    id: 'RUN-W33',
    reason: 'Every run says why it is as it is',
    path: /^\/runs\/AgentRun [\w-]+\/status\/(conditions|(conditions\/PostRunFailed\/)?observedGeneration|conditions\/Succeeded)$/,
    when: added,
  },
  {
    id: 'RUN-W43',
    reason: 'What the run resolved to is stored',
    path: /^\/runs\/AgentRun [\w-]+\/status\/resolution$/,
    when: added,
  },
  {
    id: 'RUN-W42',
    reason: 'The history of an instance is kept by sweep-agentruns',
    path: /^\/runs\/AgentRun run-lm[12]\/deleted$/,
  },

  // Messages
  {
    id: 'RUN-W34',
    reason: 'Every completion tells what the run cost',
    path: /^\/messages\/\d\/envelope\/data\/metrics$/,
    when: added,
  },
  {
    id: 'RUN-W34',
    reason: 'The control plane tells the end of every run, once',
    path: /^\/messages\/0$/,
    when: ({ expected, actual }) => expected === undefined && JSON.stringify(actual).includes('"agent.run.completed"'),
  },
  {
    id: 'RUN-W35',
    reason: 'A cancelled run is told',
    path: /^\/messages\/0$/,
    when: ({ expected, actual }) => expected === undefined && JSON.stringify(actual).includes('"error":"cancelled"'),
  },
  {
    id: 'RUN-W61',
    reason: 'A name alone does not tell runs apart',
    path: /^\/messages\/\d\/envelope\/metadata\/namespace$/,
    when: added,
  },
  // Sandboxes, where they do not differ as a Job does
  {
    id: 'RUN-W44',
    reason: 'A variable without a value is empty all the same',
    path: /^\/created\/Sandbox [\w-]+\/object\/spec\/podTemplate\/spec\/containers\/agent\/env\/[A-Z_]+\/value$/,
    when: ({ expected, actual }) => expected === '' && actual === undefined,
  },
  {
    id: 'RUN-W44',
    reason: 'The pod of a Sandbox is all that the pod of a Job is',
    path: /^\/created\/Sandbox [\w-]+\/object\/spec\/podTemplate\/spec\/(?:initContainers\/[\w-]+\/args|securityContext\/seccompProfile|dnsPolicy)$/,
    when: added,
  },
  {
    id: 'RUN-W45',
    reason: 'The node ends the pod a minute after the time-out of the control plane',
    path: /^\/created\/Sandbox [\w-]+\/object\/spec\/podTemplate\/spec\/activeDeadlineSeconds$/,
    when: added,
  },
  ...SERVER_DEVIATIONS,
];
