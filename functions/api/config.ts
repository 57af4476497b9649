import * as z from 'zod';
import { secret } from '../../shared/config/load.ts';

/** On Lambda, in seconds: API Gateway hands a stream on only when it has ended, so followers resume often (`Last-Event-ID`). */
const LAMBDA_STREAM_SECONDS = 5;
const STREAM_SECONDS = 600;

/** The API's environment. Without a token it does not start, rather than start open (API-W02, API-W03). */
export const ApiEnvironmentSchema = z
  .object({
    SYMPOZIUM_UI_TOKEN: secret.describe('The token that clients send.'),
    RELAY_URL: z
      .url()
      .optional()
      .describe("The relay, through which a run's streamed text is read; without it streams carry status alone."),
    FUNCTION_TO_RELAY_SECRET: secret.optional().describe('Key that requests to the relay are signed with.'),
    AWS_LAMBDA_FUNCTION_NAME: z
      .string()
      .optional()
      .describe(
        `Set by Lambda: there a stream ends after ${LAMBDA_STREAM_SECONDS} seconds instead of ${STREAM_SECONDS}, and clients resume.`,
      ),
  })
  .transform((env) => ({
    ...env,
    streamSeconds: env.AWS_LAMBDA_FUNCTION_NAME === undefined ? STREAM_SECONDS : LAMBDA_STREAM_SECONDS,
  }));
