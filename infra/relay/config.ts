import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type Environment, loadConfig, secretList } from '../../shared/config/load.ts';
import { AppError } from '../../shared/errors.ts';

const ResourceSchema = z.object({
  group: z.string(),
  version: z.string().min(1),
  plural: z.string().min(1),
  kind: z.string().min(1),
  namespaced: z.boolean(),
});

const watch = {
  resource: ResourceSchema,
  labelSelector: z.string().min(1).exactOptional(),
  wakeOn: z.array(z.object({ path: z.string().min(1), except: z.array(z.string()).exactOptional() })),
};

const ReconcilesSchema = z.object({
  primary: z.object(watch),
  children: z.array(
    z.object({
      ...watch,
      mapTo: z.union([
        z.object({ owner: z.string() }),
        z.object({ label: z.string() }),
        z.object({ field: z.string() }),
      ]),
      madeHere: z.literal(true).exactOptional(),
      optional: z.literal(true).exactOptional(),
    }),
  ),
  subjects: z.array(
    z.object({ subject: z.string().min(1), namespaceToken: z.int().min(0), nameToken: z.int().min(0) }),
  ),
});

/** What the relay reads of a function's manifest; the rest concerns others. */
const RelayFunctionSchema = z.object({
  name: z.string().regex(/^[a-z0-9-]+$/),
  timeoutSeconds: z.number().positive(),
  concurrency: z.int().min(1),
  reconciles: ReconcilesSchema.exactOptional(),
  subjects: z.array(z.string().min(1)).exactOptional(),
  inOrder: z.literal(true).exactOptional(),
  admits: z.array(z.object({ path: z.string().startsWith('/') })).exactOptional(),
});

export type RelayFunction = z.output<typeof RelayFunctionSchema>;

const RoutingSchema = z.object({ functions: z.array(RelayFunctionSchema) });

export const RelayEnvironmentSchema = z.object({
  RELAY_CONFIG: z.string().describe('Path of the generated list of functions; set in the image.'),
  FUNCTIONS_URL: z.url().describe('Base URL of the functions: the host, or the API gateway.'),
  NATS_URL: z.string().describe('Address of NATS.'),
  NATS_CREDS_FILE: z
    .string()
    .optional()
    .describe("Path of the relay's NATS credentials; without it NATS must let everyone in."),
  RELAY_HOST: z.string().default('127.0.0.1').describe('Address to listen on; `0.0.0.0` in the image.'),
  RELAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8788).describe('Port to listen on.'),
  MEMORY_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8789)
    .describe('Port that agents reach their memories on, and nothing else.'),
  MEMORY_FOLDER: z
    .string()
    .default('/var/lib/sympozium/memory')
    .describe('Folder of the memories: a database for each.'),
  MEMORY_SECRETS: secretList
    .optional()
    .describe('Keys that addresses of memories are made from, parted by spaces; without one no memory is served.'),
  MEMORY_MAX_ENTRIES: z.coerce
    .number()
    .int()
    .positive()
    .default(20_000)
    .describe('Entries that one memory keeps; the oldest make room.'),
  MEMORY_MAX_MB: z.coerce.number().int().positive().default(64).describe('Megabytes that one memory keeps, likewise.'),
  ADMISSION_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(9443)
    .describe('Port that the API server asks about objects before it stores them, over TLS.'),
  ADMISSION_CERT_FILE: z
    .string()
    .optional()
    .describe('Path of the certificate of that port, which is served with one only; read again when it changes.'),
  ADMISSION_KEY_FILE: z.string().optional().describe('Path of the key of that certificate.'),
  RELAY_SHARD: z.string().default('0').describe('Name of this relay in the source of what it sends.'),
  RELAY_TO_FUNCTION_SECRETS: secretList.describe(
    'Keys of requests to functions, parted by spaces: the first one signs, functions accept all of theirs.',
  ),
  FUNCTION_TO_RELAY_SECRETS: secretList.describe(
    'Keys that requests of functions may be signed with, parted by spaces: two while a key is replaced.',
  ),
});

export type RelayConfig = z.output<typeof RelayEnvironmentSchema> & { functions: RelayFunction[] };

/** The relay's environment and the file that `RELAY_CONFIG` names. Throws `CONFIG_INVALID` with what is wrong. */
export function loadRelayConfig(env: Environment): RelayConfig {
  const config = loadConfig(RelayEnvironmentSchema, env);
  return { ...config, functions: readRouting(config.RELAY_CONFIG) };
}

function readRouting(path: string): RelayFunction[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `RELAY_CONFIG: ${path} cannot be read as JSON`, { cause });
  }
  const parsed = RoutingSchema.safeParse(json);
  if (parsed.success) return parsed.data.functions;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new AppError('CONFIG_INVALID', `RELAY_CONFIG: ${wrong}`);
}
