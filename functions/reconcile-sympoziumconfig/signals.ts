import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import type { PassReport } from '../../shared/reconcile/pass.ts';
import type { PassSignals } from '../../shared/telemetry/pass-signals.ts';

/** Whether the Gateway is ready, as of the pass: the original's name for it, which there only grows [CTL-WG3]. Pure. */
export function configSignals({ key, plan, primary, error }: PassReport): PassSignals {
  if (primary === undefined || plan === undefined || error !== undefined) return {};
  const written = plan.actions.findLast((action) => action.verb === 'applyStatus');
  // The reconciler reads configurations and nothing else by its keys, and writes their status.
  const status = (written?.status ?? (primary as SympoziumConfig).status) as SympoziumConfig['status'];
  const ready = primary.metadata.deletionTimestamp === undefined && status?.gateway?.ready === true;
  return {
    measurements: [
      {
        kind: 'gauge',
        name: 'sympozium.gateway.ready',
        unit: '{gateway}',
        value: ready ? 1 : 0,
        attributes: { 'k8s.namespace.name': key.namespace, 'sympozium.config': key.name },
      },
    ],
  };
}
