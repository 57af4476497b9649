import * as z from 'zod';
import { secret } from '../../shared/config/load.ts';

/** On Lambda, in seconds: API Gateway hands a stream on only when it has ended, so followers resume often (`Last-Event-ID`). */
const LAMBDA_STREAM_SECONDS = 5;
const STREAM_SECONDS = 600;

/** The API's environment. Without a token it does not start, rather than start open (API-W02, API-W03). */
export const ApiEnvironmentSchema = z
  .object({
    SYMPOZIUM_UI_TOKEN: secret,
    /** The relay, through which a run's streamed text is read; without it streams carry status alone. */
    RELAY_URL: z.url().optional(),
    FUNCTION_TO_RELAY_SECRET: secret.optional(),
    AWS_LAMBDA_FUNCTION_NAME: z.string().optional(),
  })
  .transform((env) => ({
    ...env,
    streamSeconds: env.AWS_LAMBDA_FUNCTION_NAME === undefined ? STREAM_SECONDS : LAMBDA_STREAM_SECONDS,
  }));
