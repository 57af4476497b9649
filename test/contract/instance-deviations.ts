import type { Deviation } from './deviations.ts';
import type { Difference } from './diff.ts';

const added = ({ expected }: Difference): boolean => expected === undefined;
const OBJECT = String.raw`^/created/(SympoziumInstance|SympoziumSchedule|Deployment|Service|GatewayClass) [\w-]+/object`;
const STATUS = String.raw`^/(created/SympoziumInstance [\w-]+/object|inputs/[A-Z]\w+ [\w/-]+)/status`;
const at = (...parts: string[]): RegExp => new RegExp(`${parts.join('')}$`);

/** Differences from the original in what objects of standing kinds become. */
export const INSTANCE_DEVIATIONS: Deviation[] = [
  {
    id: 'CTL-WI3',
    reason: 'Memory is served by the relay: no Deployment, Service or volume for each instance or pack',
    path: /^\/created\/(Deployment|Service|PersistentVolumeClaim) [\w-]+-memory(-db)?$/,
    when: ({ actual }) => actual === undefined,
  },
  {
    id: 'CTL-WI1',
    reason: 'Objects are marked with what they were built as, so that changes reach them',
    path: at(OBJECT, '/metadata/annotations'),
    when: ({ expected, actual }) =>
      expected === undefined && String(Object.keys(actual ?? {})) === 'sympozium.ai/applied',
  },
  { id: 'CTL-WX3', reason: 'Status says why it is as it is', path: at(STATUS, '/conditions'), when: added },
  { id: 'CTL-WX3', reason: 'Status says of which spec it is', path: at(STATUS, '/observedGeneration'), when: added },
  {
    id: 'CTL-WX3',
    reason: 'The condition tells people what its reason means',
    path: at(STATUS, '/conditions/Ready/message'),
    when: ({ expected }) => expected === '',
  },
  { id: 'CTL-WX3', reason: 'Status says what the policy comes down to', path: at(STATUS, '/effective'), when: added },
  {
    id: 'CTL-WA10',
    reason: 'The count of bound instances follows the instances',
    path: at(STATUS, '/boundInstances'),
    when: ({ expected, actual }) => expected === 2 && actual === 3,
  },
  {
    id: 'CTL-WG1',
    reason: 'The mark tells what was made here from what only has the label',
    path: at('^/created/Gateway gw-ta/object/metadata/annotations/sympozium.ai/applied'),
    when: added,
  },
  {
    id: 'CTL-WG2',
    reason: 'Routes are taken from the namespaces that runs are in',
    path: at(String.raw`^/created/Gateway [\w-]+/object/spec/listeners/https?/allowedRoutes/namespaces/from`),
    when: ({ expected, actual }) => expected === 'Same' && actual === 'All',
  },
  { id: 'CTL-WX3', reason: 'Status says where memory is', path: at(STATUS, '/memory'), when: added },
  {
    id: 'CTL-WI6',
    reason: 'Connected means that the channel is healthy',
    path: at(
      String.raw`^/created/Deployment [\w-]+-channel-\w+/object/spec/template/spec/containers/channel/readinessProbe`,
    ),
    when: added,
  },
  {
    id: 'RUN-W58',
    reason: 'No channel gets a token of the API server',
    path: at(
      String.raw`^/created/Deployment [\w-]+-channel-\w+/object/spec/template/spec/automountServiceAccountToken`,
    ),
    when: ({ actual }) => actual === false,
  },
  {
    id: 'CTL-WI6',
    reason: 'A run is counted as soon as it is at work',
    path: at(STATUS, '/activeAgentPods'),
    when: added,
  },
  {
    id: 'CTL-WP5',
    reason: 'What a memory begins with belongs to its pack, and goes with it',
    path: at(String.raw`^/created/ConfigMap [\w-]+-memory/object/metadata/ownerReferences`),
    when: added,
  },
  {
    id: 'CTL-WX3',
    reason: 'The tools of a persona reach its runs',
    path: at(OBJECT, '/spec/agents/default/toolPolicy'),
    when: added,
  },
  {
    id: 'CTL-WP4',
    reason: 'A new policy of a pack reaches its instances',
    path: at(OBJECT, '/spec/policyRef'),
    when: added,
  },
  {
    id: 'CTL-WP4',
    reason: 'New skills of a persona reach its instance',
    path: at(OBJECT, String.raw`/spec/skills/\d/skillPackRef`),
    when: ({ expected, actual }) => expected === 'a' && actual === 'b',
  },
  {
    id: 'CTL-WP6',
    reason: 'A schedule that somebody suspended stays suspended',
    path: at(OBJECT, '/spec/suspend'),
    when: ({ expected, actual }) => expected === undefined && actual === true,
  },
  {
    id: 'CTL-WM5',
    reason: 'An MCP server is reached only by the pods of runs that name it',
    path: /^\/created\/NetworkPolicy [\w-]+$/,
    when: added,
  },
  {
    id: 'CTL-WM6',
    reason: 'What serves an MCP server can be told from what else is in the cluster',
    path: at(String.raw`^/created/(Deployment|Service) http-[\w-]+/object/metadata/labels`),
    when: added,
  },
  {
    id: 'CTL-WM6',
    reason: 'A new version of a Secret starts new pods',
    path: at(OBJECT, '/spec/template/metadata/annotations'),
    when: ({ expected, actual }) =>
      expected === undefined && String(Object.keys(actual ?? {})) === 'sympozium.ai/secrets',
  },
  {
    id: 'CTL-WM6',
    reason: 'Status says whether the tools of an MCP server are known',
    path: at(STATUS, '/conditions/ToolsDiscovered'),
    when: added,
  },
];
