import { updateManagedFields, withManagedFields } from '../../apply/ownership.ts';
import type { KubeObject } from '../object.ts';
import type { WriteContext } from './write-context.ts';

/** Fields that an endpoint doesn't write, so that nobody comes to own them through it. */
export function resetFieldsOf({ type, request }: WriteContext): string[] {
  if (request.subresource === 'status') return ['spec'];
  return type.subresources.has('status') ? ['status'] : [];
}

/** Records who set which fields by a create, an update or a patch other than apply. */
export function ownUpdate(context: WriteContext, live: KubeObject | undefined, next: KubeObject): KubeObject {
  const { type, request, manager, cluster } = context;
  const entries = updateManagedFields({
    ...(live === undefined ? {} : { live }),
    next,
    manager,
    typeInfo: type.typeInfo(),
    apiVersion: type.apiVersion,
    ...(request.subresource === '' ? {} : { subresource: request.subresource }),
    resetFields: resetFieldsOf(context),
    now: cluster.now(),
  });
  return withManagedFields(next, entries) as KubeObject; // It changes metadata.managedFields only.
}
