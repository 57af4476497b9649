import * as z from 'zod';
import { secretList } from '../../shared/config/load.ts';

/** The host's environment. Functions in it read theirs from the same one. */
export const HostEnvironmentSchema = z.object({
  HOST_ADDRESS: z.string().default('127.0.0.1').describe('Address to listen on; `0.0.0.0` in the image.'),
  HOST_PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe('Port to listen on.'),
  FUNCTIONS_DIR: z.string().default('dist/functions').describe("Folder of the functions' bundles; set in the image."),
  FUNCTIONS_MANIFESTS: z
    .string()
    .default('infra/generated/functions.json')
    .describe('Path of the generated list of functions; set in the image.'),
  FUNCTION_IDENTITIES_NAMESPACE: z
    .string()
    .optional()
    .describe("Namespace of the functions' ServiceAccounts; unset, every function acts as the host."),
  RELAY_TO_FUNCTION_SECRETS: secretList.describe(
    'Keys of requests to functions, parted by spaces; the first one signs the ticks of schedules.',
  ),
});
