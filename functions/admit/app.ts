import { Hono } from 'hono';
import { within } from '../../shared/deadline.ts';
import type { Envelope } from '../../shared/delivery/envelope.ts';
import { AppError } from '../../shared/errors.ts';
import { refuse } from '../../shared/reconcile/function.ts';
import { manifest } from './function.ts';
import type { Judge } from './judges.ts';
import { answerOf, readReview } from './review.ts';
import { fail } from './verdict.ts';

/** Below the function's time-out, which is below the webhook's. */
const BUDGET_MS = 5_000;

/** `POST /functions/admit` takes a signed envelope with an AdmissionReview and answers 200 with the review of its verdict. */
export function createAdmitApp(
  receive: (request: Request) => Promise<Envelope>,
  judges: Readonly<Record<string, Judge>>,
): Hono {
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
