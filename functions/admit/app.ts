import { Hono } from 'hono';
import type * as z from 'zod';
import { type AgentRun, AgentRunSchema } from '../../crds/agentrun.ts';
import { PersonaPackSchema } from '../../crds/personapack.ts';
import { SympoziumScheduleSchema } from '../../crds/sympoziumschedule.ts';
import { within } from '../../shared/deadline.ts';
import type { Envelope } from '../../shared/delivery/envelope.ts';
import { AppError } from '../../shared/errors.ts';
import { refuse } from '../../shared/reconcile/function.ts';
import { admitPack } from './admit-pack.ts';
import { admitRun } from './admit-run.ts';
import { admitSchedule } from './admit-schedule.ts';
import { defaultRun } from './default-run.ts';
import { HOOKS, manifest } from './function.ts';
import type { Governing, GoverningReader } from './governing.ts';
import { type AdmissionRequest, answerOf, readReview } from './review.ts';
import { fail, type Verdict } from './verdict.ts';

/** Below the function's time-out, which is below the webhook's. */
const BUDGET_MS = 5_000;

type Judge = (request: AdmissionRequest, signal: AbortSignal) => Promise<Verdict> | Verdict;

/** `POST /functions/admit` takes a signed envelope with an AdmissionReview and answers 200 with the review of its verdict. */
export function createAdmitApp(receive: (request: Request) => Promise<Envelope>, reader: GoverningReader): Hono {
  const judges: Readonly<Record<string, Judge>> = {
    [HOOKS.runs.path]: (request, signal) => validateRun(request, reader, signal),
    [HOOKS.defaults.path]: async ({ object, namespace }, signal) => {
      const run = parse(AgentRunSchema, object);
      if ('code' in run) return run;
      return defaultRun(
        { metadata: run.metadata, spec: run.spec },
        await reader.recent(wantedOf(run, namespace), signal),
      );
    },
    [HOOKS.schedules.path]: ({ object }) => {
      const schedule = parse(SympoziumScheduleSchema, object);
      return 'code' in schedule ? schedule : admitSchedule(schedule.spec);
    },
    [HOOKS.packs.path]: ({ object }) => {
      const pack = parse(PersonaPackSchema, object);
      return 'code' in pack ? pack : admitPack(pack.spec);
    },
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
  { object, oldObject, namespace }: AdmissionRequest,
  reader: GoverningReader,
  signal: AbortSignal,
): Promise<Verdict> {
  const run = parse(AgentRunSchema, object);
  if ('code' in run) return run;
  const old = oldObject === null || oldObject === undefined ? undefined : parse(AgentRunSchema, oldObject);
  const change = {
    deleting: run.metadata.deletionTimestamp !== undefined,
    spec: run.spec,
    old: old === undefined || 'code' in old ? undefined : old.spec,
  };
  const judged = (governing: Governing) => admitRun(change, governing);
  const wanted = wantedOf(run, namespace);
  const verdict = judged(await reader.recent(wanted, signal));
  return verdict.allowed ? verdict : judged(await reader.live(wanted, signal));
}

function wantedOf({ spec }: AgentRun, namespace: string) {
  const packs = (spec.skills ?? []).map(({ skillPackRef = '' }) => skillPackRef).filter((name) => name !== '');
  return { namespace, instance: spec.instanceRef, packs };
}

/** The object, or the verdict over one that cannot be read: with the field and the rule. */
function parse<T extends z.ZodType>(schema: T, object: unknown): z.output<T> | Verdict {
  if (object === null || object === undefined) return fail(400, 'there is no content to decode');
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return fail(400, `${issue?.path.join('.') ?? 'object'}: ${issue?.message ?? 'is invalid'}`);
}
