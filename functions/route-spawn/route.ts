/** Whether an agent gets the run that it asks for (controllers spec, 3.9). Limits on depth and number are the run's reconciler's. */
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import { ANNOTATIONS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { AppError } from '../../shared/errors.ts';
import { isToolAllowed } from '../../shared/pods/tool-access.ts';
import { type Action, type Plan, settled } from '../../shared/reconcile/plan.ts';
import type { Refusal } from '../../shared/reconcile/reconciler.ts';
import { answerTo } from '../../shared/runs/answer.ts';
import { hasDelegates } from '../../shared/runs/has-delegates.ts';
import { childRun } from './child-run.ts';
import type { Observed } from './observed.ts';
import { installedAs, mayDelegate, packOf, personaOf } from './personas.ts';
import type { SpawnRequest } from './request.ts';

/** What to do for an agent, or what to tell it. */
type Decision = { run: AgentRun } | { refused: string };

const TOOL = 'delegate_to_persona';

/** Throws `CONFLICT`, which brings the message again, while it is not stored yet what the run that asks may do. */
export function routeSpawn(seen: Observed): Plan {
  const { primary: asker, request } = seen;
  if (asker === undefined) return settled('The run that asked is gone');
  if (isTerminalPhase(asker.status?.phase) || asker.metadata.deletionTimestamp !== undefined) {
    return settled('The run that asked is over');
  }
  const decision = decide(seen, asker);
  if ('refused' in decision) return refusal(request, decision.refused);
  const reason = `Run ${request.childName} was asked for`;
  // Before it has one: when it ends, it looks for the runs that it asked for.
  const mark: Action[] = hasDelegates(asker)
    ? []
    : [{ verb: 'patchMetadata', metadata: { annotations: { [ANNOTATIONS.delegates]: 'true' } } }];
  return { actions: [...mark, { verb: 'create', resource: KINDS.AgentRun, object: decision.run }], reason };
}

/** What the API server says against a run is told to the agent; that this function may make none is not the agent's matter. */
export function routeRefusedSpawn({ request }: Observed, { action, code, message }: Refusal): Plan | undefined {
  if (action.verb !== 'create' || (code === 403 && message.includes('cannot create resource'))) return undefined;
  return refusal(request, `the run was refused: ${message}`);
}

function refusal({ asker, id, childName, timestamp }: SpawnRequest, why: string): Plan {
  const message = answerTo(asker, { id, ok: false, message: why }, { id: `${childName}-refused`, timestamp });
  return { actions: [{ verb: 'publish', message }], reason: `Refused: ${why}` };
}

function decide({ request, instance, target, pack }: Observed, asker: AgentRun): Decision {
  const { wanted } = request;
  const { resolution } = asker.status ?? {};
  if (resolution === undefined) throw new AppError('CONFLICT', 'The run that asks has no status yet');
  if ('invalid' in wanted) return { refused: `the request is not valid: ${wanted.invalid}` };
  if (!isToolAllowed(resolution.tools ?? {}, TOOL)) return { refused: `this run may not use ${TOOL}` };
  if (instance === undefined) return { refused: `SympoziumInstance "${asker.spec.instanceRef}" not found` };
  const objection = wanted.targetPersona === '' ? undefined : personaObjection(wanted, instance, pack);
  if (objection !== undefined) return { refused: objection };
  if (target === undefined) return { refused: `persona "${wanted.targetPersona}" has no instance` };
  const { name } = target.metadata;
  const strange = wanted.skills.find((skill) => !hasSkill(target, skill));
  if (strange !== undefined) return { refused: `SympoziumInstance "${name}" has no skill "${strange}"` };
  return { run: childRun({ ...request, wanted }, asker, target) };
}

/** Why a persona may not be asked; a caller that is no persona of the pack has no relationship with any. */
function personaObjection(
  { targetPersona, packName }: { targetPersona: string; packName: string },
  instance: SympoziumInstance,
  pack: PersonaPack | undefined,
): string | undefined {
  const own = packOf(instance);
  if (own === '' || (packName !== '' && packName !== own)) return `this run belongs to no PersonaPack "${packName}"`;
  const source = pack === undefined ? undefined : personaOf(pack, instance.metadata.name);
  if (pack === undefined || source === undefined) return `this run is of no persona of PersonaPack "${own}"`;
  if (installedAs(pack, targetPersona) === undefined) {
    return `persona "${targetPersona}" is not installed from PersonaPack "${own}"`;
  }
  return mayDelegate(pack, source, targetPersona)
    ? undefined
    : `PersonaPack "${own}" has no relationship that lets "${source}" delegate to "${targetPersona}"`;
}

const hasSkill = ({ spec }: SympoziumInstance, skill: string): boolean =>
  spec.skills?.some(({ skillPackRef }) => skillPackRef === skill) ?? false;
