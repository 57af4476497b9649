import type * as z from 'zod';
import { type AgentRun, AgentRunSchema } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { McpServerSchema } from '../../crds/mcpserver.ts';
import { PersonaPackSchema } from '../../crds/personapack.ts';
import { SkillPackSchema } from '../../crds/skillpack.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumScheduleSchema } from '../../crds/sympoziumschedule.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import { admitLent, type May } from './admit-lent.ts';
import { admitPack } from './admit-pack.ts';
import { admitRun } from './admit-run.ts';
import { admitSchedule } from './admit-schedule.ts';
import { defaultRun } from './default-run.ts';
import { HOOKS } from './function.ts';
import type { Governing, GoverningReader } from './governing.ts';
import {
  type Lent,
  lentByInstance,
  lentByMcpServer,
  lentByPack,
  lentByRun,
  lentBySkillPack,
  lentThrough,
} from './lent.ts';
import type { AdmissionRequest } from './review.ts';
import { fail, type Verdict } from './verdict.ts';

export type Judge = (request: AdmissionRequest, signal: AbortSignal) => Promise<Verdict> | Verdict;

/** Who judges what the API server asks on a path. */
export function createJudges(reader: GoverningReader, may: May): Readonly<Record<string, Judge>> {
  return {
    [HOOKS.runs.path]: judging(AgentRunSchema, (run, request, signal) =>
      judgeRun(run, request, { reader, may, signal }),
    ),
    [HOOKS.defaults.path]: judging(AgentRunSchema, async (run, { namespace }, signal) =>
      defaultRun(run, await reader.recent(wantedOf(run, namespace), signal)),
    ),
    [HOOKS.schedules.path]: judging(SympoziumScheduleSchema, ({ spec }) => admitSchedule(spec)),
    [HOOKS.packs.path]: judging(PersonaPackSchema, ({ spec }) => admitPack(spec)),
    [HOOKS.instances.path]: lending(SympoziumInstanceSchema, KINDS.SympoziumInstance, lentByInstance, may),
    [HOOKS.personas.path]: lending(PersonaPackSchema, KINDS.PersonaPack, lentByPack, may),
    [HOOKS.skillPacks.path]: lending(SkillPackSchema, KINDS.SkillPack, lentBySkillPack, may),
    [HOOKS.mcpServers.path]: lending(McpServerSchema, KINDS.MCPServer, lentByMcpServer, may),
  };
}

/**
 * By policy, then by what the run lends. What its instance lends to its runs was judged when that was written: who makes a run of it
 * needs no right for it.
 */
async function judgeRun(
  run: AgentRun,
  request: AdmissionRequest,
  { reader, may, signal }: { reader: GoverningReader; may: May; signal: AbortSignal },
): Promise<Verdict> {
  const deleting = run.metadata.deletionTimestamp !== undefined;
  // One that could not be stored today counts as none: all of the run is judged then.
  const old = AgentRunSchema.safeParse(request.oldObject).data?.spec;
  const lent = deleting ? [] : lentByRun(run.spec);
  const judged = async (governing: Governing): Promise<Verdict> => {
    const verdict = admitRun({ deleting, spec: run.spec, old }, governing);
    if (!verdict.allowed) return verdict;
    const { instance } = governing;
    const known = instance === undefined ? [] : lentThrough(instance.spec, run.spec);
    const lending = await admitLent({ lent, known, kind: KINDS.AgentRun, request }, may, signal);
    return lending.allowed ? verdict : lending;
  };
  const wanted = wantedOf(run, request.namespace);
  const verdict = await judged(await reader.recent(wanted, signal));
  return verdict.allowed ? verdict : judged(await reader.live(wanted, signal));
}

/** Judges all that an object lends, also when only something else of it changes: another image would get the same rights. */
function lending<Spec>(
  schema: z.ZodType<{ spec: Spec }>,
  kind: Resource,
  lentBy: (spec: Spec) => Lent[],
  may: May,
): Judge {
  return judging(schema, ({ spec }, request, signal) =>
    admitLent({ lent: lentBy(spec), known: [], kind, request }, may, signal),
  );
}

function wantedOf({ spec }: AgentRun, namespace: string) {
  const packs = (spec.skills ?? []).map(({ skillPackRef = '' }) => skillPackRef).filter((name) => name !== '');
  return { namespace, instance: spec.instanceRef, packs };
}

/** Judges objects that can be read; the verdict over others names field and rule. */
function judging<T extends z.ZodType>(
  schema: T,
  judge: (object: z.output<T>, request: AdmissionRequest, signal: AbortSignal) => Promise<Verdict> | Verdict,
): Judge {
  return (request, signal) => {
    const { object } = request;
    if (object === null || object === undefined) return fail(400, 'there is no content to decode');
    const parsed = schema.safeParse(object);
    if (parsed.success) return judge(parsed.data, request, signal);
    const [issue] = parsed.error.issues;
    return fail(400, `${issue?.path.join('.') ?? 'object'}: ${issue?.message ?? 'is invalid'}`);
  };
}
