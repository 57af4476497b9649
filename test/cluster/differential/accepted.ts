/** A difference from the real server that is known and fine. */
export interface Accepted {
  /** Name of a case, or `*`. */
  case: string;
  /** Index of a step; every step when absent. */
  step?: number;
  /** Matched against the path of the difference (`body.metadata.name`). */
  path: RegExp;
  reason: string;
}

const MESSAGE = /^body\.(message|details\.causes\.\d+\.message)$/;
const CAUSES = /^body\.(message|details\.causes\.\d+(\.(message|field|reason))?)$/;

export const ACCEPTED: Accepted[] = [
  { case: '*', path: /columnDefinitions\.\d+\.description$/, reason: 'Descriptions of built-in fields are not kept.' },
  {
    case: 'objects are shown as tables and as metadata',
    step: 6,
    path: /^body\.(message|details)$/,
    reason: 'Another wording of 406.',
  },
  {
    case: 'bodies that are no object of the kind',
    step: 1,
    path: MESSAGE,
    reason: 'The message names a line of Go code.',
  },
  {
    case: 'bodies that are no object of the kind',
    step: 8,
    path: /^body\.(message|details)$/,
    reason: 'Ours says which types are accepted.',
  },
  { case: 'workloads that are wrong', step: 3, path: MESSAGE, reason: 'Labels that are shown come in another order.' },
  { case: 'label selectors', path: MESSAGE, reason: 'The parser of selectors says in other words what it expected.' },
  { case: 'pages', step: 7, path: MESSAGE, reason: 'The message quotes what JSON makes of a bad token.' },
  {
    case: 'JSON patches',
    step: 8,
    path: CAUSES,
    reason: 'The real server checks annotations several times and lists the same cause as often.',
  },
  { case: 'merge patches', step: 5, path: CAUSES, reason: 'The real server lists the same cause twice.' },
  {
    case: 'merge patches',
    path: MESSAGE,
    reason: 'The message holds the whole object, with its keys in another order, or words of the JSON parser.',
  },
  {
    case: 'strategic merge patches',
    step: 10,
    path: MESSAGE,
    reason: 'The message shows the patch as Go prints maps.',
  },
  { case: 'two managers meet', step: 3, path: CAUSES, reason: 'Causes come in the order of a Go map, which changes.' },
  { case: 'an apply that is wrong', step: 8, path: MESSAGE, reason: 'Words of the YAML parser.' },
  { case: 'a finalizer holds an object', step: 4, path: CAUSES, reason: 'The real server lists the same cause twice.' },
  {
    case: 'jobs get defaults, a selector and labels',
    step: 1,
    path: /^body\.(metadata\.managedFields|status)/,
    reason: 'The job controller has written the status.',
  },
  {
    case: 'a CRD is created, established and served',
    step: 2,
    path: /managedFields\.1/,
    reason: 'Nobody owns the conditions that the server itself sets.',
  },
  {
    case: 'custom resources are pruned, defaulted and validated',
    path: CAUSES,
    reason: 'The real server adds an accessor error of its scale check; a quoted body is cut at another place.',
  },
  {
    case: 'status and spec of a custom resource are written apart',
    path: /managedFields/,
    reason: 'The entry of a scale has a time, and so another place.',
  },
  {
    case: 'status and spec of a custom resource are written apart',
    step: 11,
    path: MESSAGE,
    reason: 'The real server validates a status apart and leaves out its name.',
  },
  {
    case: 'custom resources are applied by several managers',
    path: MESSAGE,
    reason: 'Another wording of a wrong type.',
  },
  {
    case: 'tokens are requested and reviewed',
    step: 3,
    path: /managedFields/,
    reason: 'A token request is not stored, so nobody owns it.',
  },
  {
    case: 'CRDs that are wrong',
    step: 4,
    path: MESSAGE,
    reason: 'The CEL parser says in other words what it expected.',
  },
];

export function isAccepted(name: string, step: number, path: string): boolean {
  return ACCEPTED.some(
    (item) => (item.case === '*' || item.case === name) && (item.step ?? step) === step && item.path.test(path),
  );
}
