import { Hono } from 'hono';
import type * as z from 'zod';
import { type AgentRun, AgentRunSchema } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { McpServerSchema } from '../../crds/mcpserver.ts';
import { PersonaPackSchema } from '../../crds/personapack.ts';
import { SkillPackSchema } from '../../crds/skillpack.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { SympoziumScheduleSchema } from '../../crds/sympoziumschedule.ts';
import { within } from '../../shared/deadline.ts';
import type { Envelope } from '../../shared/delivery/envelope.ts';
import { AppError } from '../../shared/errors.ts';
import type { Resource } from '../../shared/kube/resources.ts';
import { refuse } from '../../shared/reconcile/function.ts';
import { admitLent, type May } from './admit-lent.ts';
import { admitPack } from './admit-pack.ts';
import { admitRun } from './admit-run.ts';
import { admitSchedule } from './admit-schedule.ts';
import { defaultRun } from './default-run.ts';
import { HOOKS, manifest } from './function.ts';
import type { Governing, GoverningReader } from './governing.ts';
import { type Lent, lentByInstance, lentByMcpServer, lentByPack, lentByRun, lentBySkillPack } from './lent.ts';
import { type AdmissionRequest, answerOf, readReview } from './review.ts';
import { allow, fail, type Verdict } from './verdict.ts';

/** Below the function's time-out, which is below the webhook's. */
const BUDGET_MS = 5_000;

type Judge = (request: AdmissionRequest, signal: AbortSignal) => Promise<Verdict> | Verdict;

/** `POST /functions/admit` takes a signed envelope with an AdmissionReview and answers 200 with the review of its verdict. */
export function createAdmitApp(
  receive: (request: Request) => Promise<Envelope>,
  reader: GoverningReader,
  may: May,
): Hono {
  const judges: Readonly<Record<string, Judge>> = {
    [HOOKS.runs.path]: judging(AgentRunSchema, async (run, request, signal) => {
      const verdict = await validateRun(run, request, reader, signal);
      const lent = verdict.allowed ? await validateLentByRun(run, request, reader, may, signal) : undefined;
      return lent?.allowed === false ? lent : verdict;
    }),
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
  return new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const envelope = await receive(req.raw);
      if (envelope.type !== 'ai.sympozium.admission') {
        throw new AppError('ENVELOPE_INVALID', `\`type\` must be ai.sympozium.admission, not ${envelope.type}`);
      }
      const judge = judges[envelope.subject];
      if (judge === undefined)
        throw new AppError('ENVELOPE_INVALID', `\`subject\` must be one of ${Object.keys(judges)}`);
      const review = readReview(envelope.data.review);
      if (review === undefined) return json(answerOf(review, fail(400, 'there is no content to decode')));
      return json(answerOf(review, await within(BUDGET_MS, async (signal) => judge(review.request, signal))));
    })
    .onError(refuse);
}

async function validateRun(
  run: AgentRun,
  { oldObject, namespace }: AdmissionRequest,
  reader: GoverningReader,
  signal: AbortSignal,
): Promise<Verdict> {
  const change = {
    deleting: run.metadata.deletionTimestamp !== undefined,
    spec: run.spec,
    // One that could not be stored today counts as none: all of the run is judged then.
    old: AgentRunSchema.safeParse(oldObject).data?.spec,
  };
  const judged = (governing: Governing) => admitRun(change, governing);
  const wanted = wantedOf(run, namespace);
  const verdict = judged(await reader.recent(wanted, signal));
  return verdict.allowed ? verdict : judged(await reader.live(wanted, signal));
}

/** What the run's instance lends to its runs was judged when the instance was written: who makes a run of it needs no right for that. */
async function validateLentByRun(
  { metadata, spec }: AgentRun,
  request: AdmissionRequest,
  reader: GoverningReader,
  may: May,
  signal: AbortSignal,
): Promise<Verdict> {
  const lent = lentByRun(spec);
  if (lent.length === 0 || metadata.deletionTimestamp !== undefined) return allow('it lends no right');
  const old = AgentRunSchema.safeParse(request.oldObject).data?.spec;
  const judged = ({ instance }: Governing) => {
    const known = [...(old === undefined ? [] : lentByRun(old)), ...(instance ? lentByInstance(instance.spec) : [])];
    return admitLent({ lent, known, kind: KINDS.AgentRun, request }, may, signal);
  };
  const wanted = { namespace: request.namespace, instance: spec.instanceRef, packs: [] };
  const verdict = await judged(await reader.recent(wanted, signal));
  return verdict.allowed ? verdict : await judged(await reader.live(wanted, signal));
}

/** Judges what an object lends that it did not lend before. */
function lending<Spec>(
  schema: z.ZodType<{ spec: Spec }>,
  kind: Resource,
  lentBy: (spec: Spec) => Lent[],
  may: May,
): Judge {
  return judging(schema, ({ spec }, request, signal) => {
    const old = schema.safeParse(request.oldObject).data?.spec;
    return admitLent({ lent: lentBy(spec), known: old === undefined ? [] : lentBy(old), kind, request }, may, signal);
  });
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
