import type { Bus } from '../bus/bus.ts';
import { AppError } from '../errors.ts';
import { given } from '../given.ts';
import { isControlledBy, type KubeObject } from '../kube/objects.ts';
import { REPORTED_EVENTS, type Resource, SECRETS } from '../kube/resources.ts';
import { isNotFound, KubeStatusError } from '../kube/status-error.ts';
import { log } from '../telemetry/log.ts';
import type { Action } from './plan.ts';
import type { KubeReader, KubeWriter, Refusal } from './reconciler.ts';

/** Whose plan is carried out, and with what. */
export interface Execution {
  kube: KubeWriter & Pick<KubeReader, 'get'>;
  bus: Pick<Bus, 'publish' | 'remember'>;
  resource: Resource;
  fieldManager: string;
  primary: KubeObject;
  signal: AbortSignal;
}

/**
 * Carries out a plan's actions in order: the only code that writes on behalf of a reconciler.
 *
 * The primary's resourceVersion is carried from write to write, so that each has the precondition "as I last saw it";
 * somebody else's write in between answers 409 and ends the pass. Returns the primary as last written.
 */
export async function execute(actions: readonly Action[], execution: Execution): Promise<KubeObject> {
  let { primary } = execution;
  for (const action of actions) {
    execution.signal.throwIfAborted();
    try {
      primary = (await carryOut(action, primary, execution)) ?? primary;
    } catch (thrown) {
      throw refusalOf(action, thrown, primary) ?? thrown;
    }
  }
  return primary;
}

/** Ends an execution: the API server refused an action and will refuse it again. `primary` is as last written. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
  readonly refusal: Refusal;
  readonly primary: KubeObject;

  constructor(refusal: Refusal, primary: KubeObject, cause: unknown) {
    super(refusal.message, { cause });
    this.refusal = refusal;
    this.primary = primary;
  }
}

const REFUSED = new Set([400, 403, 413, 422]);

function refusalOf(action: Action, thrown: unknown, primary: KubeObject): ActionRefused | undefined {
  if (!(thrown instanceof KubeStatusError) || !REFUSED.has(thrown.code)) return undefined;
  const { code, reason, message } = thrown;
  return new ActionRefused({ action, code, reason, message }, primary, thrown);
}

/** Returns the primary when the action wrote it. */
async function carryOut(action: Action, primary: KubeObject, execution: Execution): Promise<KubeObject | undefined> {
  const { kube, bus, resource, fieldManager, signal } = execution;
  const options = { fieldManager, signal };
  const { namespace, name, uid, resourceVersion } = primary.metadata;
  switch (action.verb) {
    case 'apply':
      await kube.apply(action.resource, action.object, options);
      return undefined;
    case 'create':
      await createOnce(action, primary, execution);
      return undefined;
    case 'patch':
      await patchOther(action, execution);
      return undefined;
    case 'replace':
      await kube.replace(action.resource, action.object, options);
      return undefined;
    case 'copySecret':
      await copySecret(action, execution);
      return undefined;
    case 'applyStatus': {
      const metadata = { name, ...(namespace !== undefined && { namespace }), ...versions(uid, resourceVersion) };
      const { apiVersion, kind } = primary;
      return kube.applyStatus(resource, { apiVersion, kind, metadata, status: action.status } as KubeObject, options);
    }
    case 'patchMetadata': {
      const at = { resource, name, ...(namespace !== undefined && { namespace }) };
      return kube.mergePatch(at, { metadata: { ...action.metadata, ...versions(uid, resourceVersion) } }, options);
    }
    case 'event':
      await report(action.event, execution);
      return undefined;
    case 'delete':
      await kube.remove(action.target, { propagation: action.propagation, signal });
      return undefined;
    case 'remember':
      await bus.remember(action.memory, signal).catch(unlessAborted(signal));
      return undefined;
    case 'publish':
      await bus.publish(action.message, signal);
      return undefined;
  }
}

async function copySecret(
  { from, object }: Extract<Action, { verb: 'copySecret' }>,
  { kube, fieldManager, signal }: Execution,
): Promise<void> {
  const source = await kube.get<KubeObject & { type?: string; data?: object }>(SECRETS, from, { signal });
  if (source === undefined) throw new AppError('CONFLICT', `Secret "${from.name}" of ${from.namespace} is gone`);
  const { type, data } = source;
  await kube.apply(SECRETS, { ...object, ...given({ type, data }) }, { fieldManager, signal });
}

async function createOnce(
  action: Extract<Action, { verb: 'create' }>,
  primary: KubeObject,
  { kube, fieldManager, signal }: Execution,
): Promise<void> {
  const { resource, object } = action;
  try {
    await kube.create(resource, object, { fieldManager, signal });
  } catch (thrown) {
    if (!(thrown instanceof KubeStatusError) || thrown.reason !== 'AlreadyExists') throw thrown;
    const existing = await kube.get(resource, object.metadata, { metadataOnly: true, signal });
    // Gone since: the next pass makes it.
    if (existing === undefined) throw thrown;
    if (isControlledBy(existing, primary)) return;
    const message = `${resource.kind} "${object.metadata.name}" exists and belongs to something else`;
    throw new ActionRefused({ action, code: thrown.code, reason: thrown.reason, message }, primary, thrown);
  }
}

function unlessAborted(signal: AbortSignal): (thrown: unknown) => void {
  return (thrown) => {
    signal.throwIfAborted();
    log('warn', 'A memory was not stored', { error: thrown instanceof Error ? thrown.message : String(thrown) });
  };
}

async function report(event: KubeObject, { kube, fieldManager, signal }: Execution): Promise<void> {
  await kube.create(REPORTED_EVENTS, event, { fieldManager, signal }).catch((thrown: unknown) => {
    // An API server that is away shows at the next write; one that refuses shows nowhere else.
    if (!(thrown instanceof KubeStatusError) || thrown.reason === 'AlreadyExists') return;
    log('warn', 'Event was not written', { event: event.metadata.name, code: thrown.code, error: thrown.message });
  });
}

async function patchOther(
  { target, change }: Extract<Action, { verb: 'patch' }>,
  { kube, fieldManager, signal }: Execution,
): Promise<void> {
  const { uid } = target;
  const metadata = { ...change.metadata, ...(uid !== undefined && { uid }) };
  await kube.mergePatch(target, { ...change, metadata }, { fieldManager, signal }).catch((thrown: unknown) => {
    if (!isNotFound(thrown)) throw thrown;
  });
}

function versions(uid: string | undefined, resourceVersion: string | undefined) {
  return { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
}
