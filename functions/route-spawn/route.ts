/** Whether an agent gets the run that it asks for (controllers spec, 3.9). Limits on depth and number are the run's reconciler's. */
import type { AgentRun } from '../../crds/agentrun.ts';
import { isTerminalPhase } from '../../crds/conditions.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { isToolAllowed } from '../../shared/pods/tool-access.ts';
import { childRun } from './child-run.ts';
import type { Observed } from './observed.ts';
import { installedAs, mayDelegate, packOf, personaOf } from './personas.ts';
import type { SpawnRequest } from './request.ts';

/** `drop`: nobody is left to tell. `later`: it is not known yet what the run that asks may do. `refuse`: the agent that asked is told. */
export type Decision =
  | { kind: 'create'; run: AgentRun; asker: AgentRun }
  | { kind: 'refuse'; why: string; asker: AgentRun }
  | { kind: 'drop'; why: string }
  | { kind: 'later'; why: string };

const TOOL = 'delegate_to_persona';

export function decide(request: SpawnRequest, seen: Observed): Decision {
  const { asker, instance, target } = seen;
  const { wanted } = request;
  if (asker === undefined) return { kind: 'drop', why: 'The run that asked is gone' };
  if (isTerminalPhase(asker.status?.phase) || asker.metadata.deletionTimestamp !== undefined) {
    return { kind: 'drop', why: 'The run that asked is over' };
  }
  const resolution = asker.status?.resolution;
  if (resolution === undefined) return { kind: 'later', why: 'The run that asks has no status yet' };
  const refuse = (why: string): Decision => ({ kind: 'refuse', why, asker });
  if ('invalid' in wanted) return refuse(`the request is not valid: ${wanted.invalid}`);
  if (!isToolAllowed(resolution.tools ?? {}, TOOL)) return refuse(`this run may not use ${TOOL}`);
  if (instance === undefined) return refuse(`SympoziumInstance "${asker.spec.instanceRef}" not found`);
  const objection = wanted.targetPersona === '' ? undefined : personaObjection(wanted, instance, seen);
  if (objection !== undefined) return refuse(objection);
  if (target === undefined) return refuse(`persona "${wanted.targetPersona}" has no instance`);
  const strange = wanted.skills.find((skill) => !hasSkill(target, skill));
  if (strange !== undefined) return refuse(`SympoziumInstance "${target.metadata.name}" has no skill "${strange}"`);
  return { kind: 'create', asker, run: childRun({ ...request, wanted }, asker, target) };
}

/** Why a persona may not be asked; a caller that is no persona of the pack has no relationship with any. */
function personaObjection(
  { targetPersona, packName }: { targetPersona: string; packName: string },
  instance: SympoziumInstance,
  { pack }: Observed,
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
