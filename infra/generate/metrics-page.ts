import { createControllerMetrics } from '../relay/metrics/controller-metrics.ts';
import { createRegistry } from '../relay/metrics/registry.ts';
import { createRelayMetrics } from '../relay/metrics/relay-metrics.ts';
import { systemClock } from '../relay/queue/clock.ts';
import { createController } from '../relay/queue/controller.ts';
import { code, table } from './markdown.ts';

const INTRODUCTION = `# Metrics

## The relay

\`GET /metrics\` of the relay, in the text format of Prometheus. \`controller_runtime_*\` and \`workqueue_*\` have the names and
buckets that dashboards of controllers expect; \`controller\` and \`name\` are the function's name. No label holds the name of an
object, so the number of series is bounded by the functions and kinds.
`;

const TELEMETRY = `
## The functions

Sent over OTLP to \`OTEL_EXPORTER_OTLP_ENDPOINT\`, where that is set; each run counts once.

`;

/** OTLP metrics: name, type and unit, attributes, meaning. A contract test compares the names with those in the sources. */
const OTLP: readonly (readonly [string, string, string, string])[] = [
  [
    'sympozium.agent.runs',
    'counter, `{run}`',
    '`sympozium.agent.status`, `sympozium.instance`',
    'Runs that ended; the status is `succeeded` or `failed`.',
  ],
  [
    'sympozium.agent.duration_ms',
    'histogram, `ms`',
    '`sympozium.agent.status`, `sympozium.instance`',
    'How long the agents of runs that succeeded worked.',
  ],
  [
    'sympozium.errors',
    'counter, `{error}`',
    '`error.type`, `sympozium.instance`',
    'Runs that failed (`agent_run_failed`).',
  ],
  [
    'sympozium.web_endpoint.serving',
    'up-down counter, `{deployment}`',
    '`sympozium.instance`',
    'Runs in server mode: one more when it serves, one less when it ends.',
  ],
  [
    'sympozium.web_endpoint.gateway_not_ready',
    'counter, `{check}`',
    '`sympozium.instance`',
    'Passes over a server that is to have a route, and whose gateway is not ready.',
  ],
  ['sympozium.web_endpoint.route_created', 'counter, `{route}`', '`sympozium.instance`', 'Routes made for servers.'],
  [
    'sympozium.gateway.ready',
    'gauge, `{gateway}`',
    '`k8s.namespace.name`, `sympozium.config`',
    'Whether the Gateway of a SympoziumConfig is programmed: 1 or 0, as of its last pass.',
  ],
];

/** `docs/metrics.md`: what the relay's registry shows once everything has happened, and the OTLP metrics. */
export function metricsPage(): string {
  const rows = relayFamilies(scrape()).map(({ name, type, labels, help }) => [
    code(name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  const header = ['Name', 'Type', 'Labels', 'Meaning'];
  const sent = OTLP.map(([name, type, attributes, meaning]) => [code(name), type, attributes, meaning]);
  return `${INTRODUCTION}\n${table(header, rows)}${TELEMETRY}${table(['Name', 'Type and unit', 'Attributes', 'Meaning'], sent)}`;
}

/** The relay's own metrics after one of each thing that it counts, so that every label shows. */
function scrape(): string {
  const registry = createRegistry();
  const name = 'reconcile-agentrun';
  const controllers = createControllerMetrics(registry, [name], systemClock.now);
  const relay = createRelayMetrics(registry, { natsConnected: () => true, watched: () => [['agentruns', 1]] });
  const observer = controllers.observerOf(name);
  const deliver = () => Promise.reject(new Error('This controller is not started'));
  const controller = createController({ concurrency: 1, clock: systemClock, random: () => 0, deliver, observer });
  controllers.watch(name, { concurrency: 1, controller });
  observer.added();
  observer.taken(1);
  observer.done(1);
  observer.retried();
  observer.passed({ kind: 'failed', cause: 'TIMEOUT' }, 1);
  observer.passed({ kind: 'throttled', cause: 'HTTP_429' }, 1);
  relay.message(name, 'parked', 'GARBLED');
  relay.published('stored');
  relay.listed('agentruns');
  relay.troubled('agentruns', 'expired');
  return registry.render();
}

interface Family {
  name: string;
  help: string;
  type: string;
  labels: string[];
}

function relayFamilies(text: string): Family[] {
  return text
    .split(/^# HELP /m)
    .slice(1)
    .map((block) => {
      const [, name = '', help = '', type = ''] = /^(\S+) (.*)\n# TYPE \S+ (\S+)/.exec(block) ?? [];
      const labels = [...block.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
      return { name, help, type, labels: [...new Set(labels)].filter((label) => label !== 'le').sort() };
    });
}
