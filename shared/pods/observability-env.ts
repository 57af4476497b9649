import type { SympoziumInstanceSpec } from '../../crds/sympoziuminstance.ts';
import { literal } from './env.ts';
import type { EnvVar } from './pod.ts';

/** Whose telemetry it is. */
interface Subject {
  instance: string;
  run: string;
  namespace: string;
}

/** The OpenTelemetry variables of a run's containers (AgentRun spec, 3.5.9); none unless the instance switched it on. */
export function observabilityEnv(spec: SympoziumInstanceSpec['observability'], subject: Subject): EnvVar[] {
  if (spec?.enabled !== true) return [];
  const attributes: Record<string, string> = {
    'sympozium.instance.name': subject.instance,
    'sympozium.agent_run.id': subject.run,
    'k8s.namespace.name': subject.namespace,
    ...spec.resourceAttributes,
  };
  const both = (name: string, value: string | undefined): EnvVar[] =>
    value === undefined || value === '' ? [] : [literal(`SYMPOZIUM_${name}`, value), literal(name, value)];
  return [
    literal('SYMPOZIUM_OTEL_ENABLED', 'true'),
    ...bothNamed('OTLP_ENDPOINT', spec.otlpEndpoint),
    ...bothNamed('OTLP_PROTOCOL', spec.otlpProtocol),
    ...both('OTEL_SERVICE_NAME', spec.serviceName),
    ...both('OTEL_RESOURCE_ATTRIBUTES', joined(attributes)),
  ];
}

/** The original's exporter variables drop `EXPORTER` from their own name. */
function bothNamed(name: string, value: string | undefined): EnvVar[] {
  if (value === undefined || value === '') return [];
  return [literal(`SYMPOZIUM_OTEL_${name}`, value), literal(`OTEL_EXPORTER_${name}`, value)];
}

function joined(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .filter(([key, value]) => key !== '' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
