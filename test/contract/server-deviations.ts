import type { Deviation } from './deviations.ts';
import type { Difference } from './diff.ts';

const SERVER = String.raw`^/created/(Deployment|Service) [\w-]+-server/object`;
const SERVER_POD = String.raw`^/created/Deployment [\w-]+-server/object/spec/template/spec`;

const added = ({ expected }: Difference): boolean => expected === undefined;
const at = (...parts: string[]): RegExp => new RegExp(`${parts.join('')}$`);

/** What runs in server mode differ in. */
export const SERVER_DEVIATIONS: Deviation[] = [
  {
    id: 'RUN-106',
    reason: 'A server has no input, and nothing is made or granted for a run that nothing serves',
    path: /^\/created\/(ConfigMap run-(dd1|kg1)-input|(Role|RoleBinding) sympozium-skill-pack-kg-run-kg1)$/,
    when: ({ actual }) => actual === undefined,
  },
  {
    id: 'RUN-W40',
    reason: 'A mark tells what an object was built as, so that drift is put right',
    path: at(SERVER, '/metadata/annotations'),
    when: ({ expected, actual }) =>
      expected === undefined && String(Object.keys(actual ?? {})) === 'sympozium.ai/applied',
  },
  {
    id: 'RUN-W40',
    reason: 'The key belongs to the instance and outlives the run',
    path: /^\/created\/Secret [\w-]+-web-proxy-key\/object\/metadata\/ownerReferences\/(run|inst)-dd1$/,
  },
  {
    id: 'RUN-W58',
    reason: 'A server is hardened as every pod is',
    path: at(SERVER_POD, '/(containers/web-proxy/securityContext/capabilities|securityContext/[a-zA-Z]+)'),
    when: added,
  },
  {
    id: 'RUN-W58',
    reason: 'Only a server with rights of its own gets a token, by a mount that lasts an hour',
    path: at(SERVER_POD, '/(automountServiceAccountToken|volumes|containers/web-proxy/volumeMounts)'),
    when: ({ expected, actual }) =>
      expected === undefined && (actual === false || JSON.stringify(actual).includes('"skill-token"')),
  },
  {
    id: 'RUN-W17',
    reason: 'Rights are of an account of the run alone',
    path: at(SERVER_POD, '/serviceAccountName'),
    when: ({ expected, actual }) => expected === 'sympozium-agent' && actual === 'sympozium-run-run-dd1',
  },
];
