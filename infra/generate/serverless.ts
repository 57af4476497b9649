import { stringify } from 'yaml';
import type { FunctionManifest } from '../../shared/manifest.ts';

/** Variables that every function reads; their values come from the deployer's environment or parameter store. */
const VARIABLES = [
  'RELAY_URL',
  'RELAY_TO_FUNCTION_SECRETS',
  'FUNCTION_TO_RELAY_SECRET',
  'EKS_CLUSTER_NAME',
  'KUBERNETES_SERVER',
  'KUBERNETES_CA',
  // For `serverless offline`, whose machine is no Lambda.
  'KUBECONFIG',
  'SYMPOZIUM_UI_TOKEN',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
];

/** `serverless.yml`: the same functions on AWS Lambda behind API Gateway and EventBridge, and under `serverless offline`. */
export function serverlessYaml(manifests: readonly FunctionManifest[]): string {
  const config = {
    service: 'sympozium',
    frameworkVersion: '*',
    configValidationMode: 'error',
    provider: {
      name: 'aws',
      runtime: 'nodejs24.x',
      architecture: 'arm64',
      stage: `\${opt:stage, 'dev'}`,
      region: `\${opt:region, env:AWS_REGION, 'eu-central-1'}`,
      logRetentionInDays: 30,
      environment: Object.fromEntries(VARIABLES.map((name) => [name, `\${env:${name}, ''}`])),
    },
    package: { individually: true, patterns: ['!**'] },
    plugins: ['serverless-offline'],
    functions: Object.fromEntries(manifests.map((manifest) => [manifest.name, lambda(manifest)])),
  };
  return `# Generated from the functions' manifests by \`npm run generate\`. Bundles come from \`npm run bundle\`.\n${stringify(config, { lineWidth: 0 })}`;
}

function lambda({
  name,
  memoryMb,
  timeoutSeconds,
  concurrency,
  routes = [],
  schedule,
  reconciles,
  subjects,
  admits,
}: FunctionManifest): object {
  const called = (reconciles ?? subjects ?? schedule ?? admits) !== undefined;
  const events = [
    ...(called ? [{ httpApi: { method: 'POST', path: `/functions/${name}` } }] : []),
    ...routes.map((path) => ({ httpApi: { method: '*', path } })),
    ...(schedule === undefined ? [] : [{ schedule: { rate: [everyMinutes(schedule.everyMinutes)], enabled: true } }]),
  ];
  return {
    handler: `dist/functions/${name}/handler.handler`,
    memorySize: memoryMb,
    timeout: timeoutSeconds,
    reservedConcurrency: concurrency,
    package: { patterns: [`dist/functions/${name}/handler.js`, 'dist/package.json'] },
    events,
  };
}

const everyMinutes = (minutes: number): string => `rate(${minutes} minute${minutes === 1 ? '' : 's'})`;
