import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import type { RoutedMessage } from '../../shared/reconcile/function.ts';
import type { ObserveContext } from '../../shared/reconcile/reconciler.ts';
import type { Observed } from './observed.ts';
import { installedAs, packOf } from './personas.ts';
import { requestOf } from './request.ts';

export async function observeRequest(message: RoutedMessage, { kube, signal }: ObserveContext): Promise<Observed> {
  const request = requestOf(message);
  const { namespace, name, uid } = request.asker;
  const run = await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name }, { signal });
  if (run === undefined || run.metadata.uid !== uid) return { request, primary: undefined, instance: undefined };
  const instanceOf = (instance: string) =>
    kube.get<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, name: instance }, { signal });
  const instance = await instanceOf(run.spec.instanceRef);
  const seen = { request, primary: run, instance };
  if ('invalid' in request.wanted || instance === undefined) return seen;
  const { targetPersona } = request.wanted;
  if (targetPersona === '') return { ...seen, target: instance };
  const packName = packOf(instance);
  if (!isDnsSubdomain(packName)) return seen;
  const pack = await kube.get<PersonaPack>(KINDS.PersonaPack, { namespace, name: packName }, { signal });
  const installed = pack === undefined ? undefined : installedAs(pack, targetPersona);
  const target = installed === undefined ? undefined : await instanceOf(installed);
  return {
    ...seen,
    ...(pack !== undefined && { pack }),
    ...(target?.metadata.labels?.[LABELS.personaPack] === packName && { target }),
  };
}
