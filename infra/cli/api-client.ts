import type { AgentRun } from '../../crds/agentrun.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { Settings } from './settings.ts';
import { CliError } from './terminal.ts';

/** The API refused. `message` is its own text. */
export class ApiError extends CliError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer came, or it broke off. */
export class UnreachableError extends CliError {}

export interface NewRun {
  instanceRef: string;
  task: string;
  model?: string;
  provider?: string;
  timeout?: string;
  skills?: { skillPackRef: string }[];
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** The REST API, for one namespace. Failures are `ApiError` (refused) and `UnreachableError` (not answered). */
export function createApiClient({ url, token }: Settings, namespace: string) {
  async function request(path: string, init: RequestInit & { query?: Record<string, string> } = {}): Promise<Response> {
    const target = new URL(`api/v1/${path}`, url.endsWith('/') ? url : `${url}/`);
    target.searchParams.set('namespace', namespace);
    for (const [name, value] of Object.entries(init.query ?? {})) target.searchParams.set(name, value);
    const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(target, { ...init, headers }).catch((cause: unknown) => {
      if (init.signal?.aborted === true) throw cause;
      throw new UnreachableError(`The API at ${url} does not answer. Is it running? Start it with \`npm start\`.`, 1, {
        cause,
      });
    });
    if (response.ok) return response;
    throw new ApiError(response.status, await refusalOf(response));
  }
  const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;
  const run = (name: string) => `runs/${encodeURIComponent(name)}`;

  return {
    listRuns: async () => json<AgentRun[]>(await request('runs')),
    listInstances: async () => json<SympoziumInstance[]>(await request('instances')),
    getRun: async (name: string) => json<AgentRun>(await request(run(name))),
    cancelRun: async (name: string) => void (await request(`${run(name)}/cancel`, { method: 'POST' })),
    deleteRun: async (name: string) => void (await request(run(name), { method: 'DELETE' })),
    /** `key` makes it safe to ask again: the same key never starts a second run. */
    async createRun(wanted: NewRun, key: string): Promise<AgentRun> {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key };
      return json<AgentRun>(await request('runs', { method: 'POST', headers, body: JSON.stringify(wanted) }));
    },
    /** The event stream of a run, from after the event with `lastEventId`. */
    openEvents: (name: string, lastEventId: string | undefined, signal: AbortSignal) =>
      request(`${run(name)}/events`, {
        headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
        signal,
      }),
    openLogs: (name: string, options: { follow: boolean; container: string | undefined; signal: AbortSignal }) =>
      request(`${run(name)}/logs`, {
        query: {
          ...(options.follow && { follow: 'true' }),
          ...(options.container !== undefined && { container: options.container }),
        },
        signal: options.signal,
      }),
  };
}

async function refusalOf(response: Response): Promise<string> {
  const text = (await response.text()).trim();
  if (response.status === 401) return 'The API does not accept the token. `npm start` prints the right one.';
  return text === '' ? `The API answered ${response.status}.` : text;
}
