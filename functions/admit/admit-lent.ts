import { GROUP } from '../../crds/group.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import { ESCALATE, type Lent, type Right } from './lent.ts';
import type { AdmissionRequest } from './review.ts';
import { allow, deny, type Verdict } from './verdict.ts';

type User = AdmissionRequest['userInfo'];

/** Whether somebody may do something, in a namespace unless the right is one in the whole cluster. */
export type May = (user: User, right: Right, namespace: string, signal: AbortSignal) => Promise<boolean>;

/** More than this is asked of the API server for no object. */
const MOST_RIGHTS = 100;

interface Lending {
  /** What the object lends, and what of it somebody else lends. */
  lent: readonly Lent[];
  known: readonly Lent[];
  kind: Resource;
  request: Pick<AdmissionRequest, 'namespace' | 'userInfo'>;
}

/**
 * Nobody lends what they do not have, as with roles: else whoever may write a run or an instance could read each Secret and do
 * whatever the control plane may [RUN-W21] [CTL-WK2]. Whoever has the verb `escalate` on the kind may lend anything.
 */
export async function admitLent(
  { lent, known, kind, request: { namespace, userInfo } }: Lending,
  may: May,
  signal: AbortSignal,
): Promise<Verdict> {
  const before = new Set(known.map(idOf));
  const added = [...new Map(lent.map((one) => [idOf(one), one])).values()].filter((one) => !before.has(idOf(one)));
  if (added.length === 0) return allow('it lends no right');
  const escalate = { verb: ESCALATE, group: GROUP, resource: kind.plural };
  if (await may(userInfo, escalate, namespace, signal)) return allow('who writes it may lend any right');
  if (added.length > MOST_RIGHTS) {
    return deny(`it lends ${added.length} rights, of which at most ${MOST_RIGHTS} are looked up; ${remedy(kind)}`);
  }
  const held = await Promise.all(added.map(({ right }) => may(userInfo, right, namespace, signal)));
  const [first] = added.filter((_, index) => held[index] !== true);
  if (first === undefined) return allow('who writes it has the rights that it lends');
  const { field, right } = first;
  return deny(
    `${field}: "${userInfo.username}" may not ${wordsOf(right, namespace)}, and so may not lend it; ${remedy(kind)}`,
  );
}

const idOf = ({ right }: Lent): string =>
  JSON.stringify([right.verb, right.group, right.resource, right.name, right.inCluster]);

const remedy = (kind: Resource): string =>
  `leave it out, or have somebody write it who has that right, or the verb "${ESCALATE}" on ${kind.plural}.${kind.group}`;

function wordsOf({ verb, group, resource, name, inCluster }: Right, namespace: string): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` "${name}"`}`;
  return `${verb} ${what} ${inCluster === true ? 'in the whole cluster' : `in namespace "${namespace}"`}`;
}
