import { randomInt } from 'node:crypto';
import { at, isRecord, type KubeObject } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import type { KindRules, PrinterColumn } from './resource-type.ts';
import { child, type Fields, fillIn, records, text } from './shape.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function defaultService(service: KubeObject): void {
  const spec = child(service, 'spec');
  fillIn(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  for (const port of records(spec['ports'])) {
    fillIn(port, { protocol: 'TCP' });
    if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '')
      port['targetPort'] = port['port'];
  }
  if (spec['sessionAffinity'] === 'ClientIP')
    fillIn(child(child(spec, 'sessionAffinityConfig'), 'clientIP'), { timeoutSeconds: 10_800 });
  if (spec['type'] === 'ExternalName') return;
  fillIn(spec, { internalTrafficPolicy: 'Cluster' });
  if (spec['type'] !== 'ClusterIP') fillIn(spec, { externalTrafficPolicy: 'Cluster' });
  if (spec['type'] === 'LoadBalancer') fillIn(spec, { allocateLoadBalancerNodePorts: true });
}

/** An address of the range that services have; random, as the real allocator's. Nothing routes it but the kubelet's own rules. */
const clusterIp = (): string => `10.96.${randomInt(0, 256)}.${randomInt(1, 255)}`;

function allocate(service: KubeObject): void {
  const spec = child(service, 'spec');
  service.status = { loadBalancer: {} };
  if (spec['type'] === 'ExternalName') return;
  spec['clusterIP'] ??= clusterIp();
  spec['clusterIPs'] = [spec['clusterIP']];
  fillIn(spec, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  if (spec['type'] === 'ClusterIP') return;
  for (const port of records(spec['ports'])) port['nodePort'] ??= randomInt(30_000, 32_768);
}

/** A client that sends the manifest it created from leaves out what was allocated. */
function keepAllocated(next: KubeObject, old: KubeObject): void {
  const spec = child(next, 'spec');
  const before: Fields = old.spec ?? {};
  if (spec['type'] !== 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
    }
  }
  if (spec['type'] === 'ClusterIP' || spec['type'] === 'ExternalName') return;
  for (const port of records(spec['ports'])) {
    const same = records(before['ports']).find(
      (item) => item['port'] === port['port'] && item['protocol'] === port['protocol'],
    );
    port['nodePort'] ??= same?.['nodePort'] ?? randomInt(30_000, 32_768);
  }
}

function validate({ spec = {} }: KubeObject, old?: KubeObject): Cause[] {
  const causes: Cause[] = [];
  const ports = records(spec['ports']);
  const headless = spec['clusterIP'] === 'None';
  if (ports.length === 0 && !headless && spec['type'] !== 'ExternalName')
    causes.push(fieldError.required('spec.ports'));
  for (const [index, { name, port }] of ports.entries()) {
    if (name === undefined && ports.length > 1) causes.push(fieldError.required(`spec.ports[${index}].name`));
    const good = typeof port === 'number' && port > 0 && port < 65_536;
    if (!good)
      causes.push(
        ...['port', 'targetPort'].map((field) =>
          fieldError.invalid(`spec.ports[${index}].${field}`, port ?? 0, 'must be between 1 and 65535, inclusive'),
        ),
      );
  }
  if (!TYPES.includes(text(spec['type']))) causes.push(fieldError.notSupported('spec.type', spec['type'], TYPES));
  const before = old?.spec?.['clusterIP'];
  if (before !== undefined && spec['clusterIP'] !== before && spec['type'] !== 'ExternalName') {
    causes.push(fieldError.invalid('spec.clusterIPs[0]', [spec['clusterIP']], 'may not change once set'));
  }
  return causes;
}

const COLUMNS: PrinterColumn[] = [
  { name: 'Type', type: 'string', cell: ({ spec }) => spec?.['type'] },
  { name: 'Cluster-IP', type: 'string', cell: ({ spec }) => spec?.['clusterIP'] ?? '<none>' },
  {
    name: 'External-IP',
    type: 'string',
    cell: ({ spec }) =>
      spec?.['type'] === 'ExternalName'
        ? spec['externalName']
        : spec?.['type'] === 'LoadBalancer'
          ? '<pending>'
          : '<none>',
  },
  {
    name: 'Port(s)',
    type: 'string',
    cell: ({ spec }) =>
      records(spec?.['ports'])
        .map(({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol}`)
        .join(',') || '<none>',
  },
];

export const SERVICE: KindRules = {
  name: 'dns-1035-label',
  default: defaultService,
  prepareCreate: allocate,
  prepareUpdate: keepAllocated,
  validate,
  selectable: ({ spec }) => ({ 'spec.clusterIP': text(spec?.['clusterIP']), 'spec.type': text(spec?.['type']) }),
  columns: [
    ...COLUMNS,
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      cell: ({ spec }) => {
        const selector = at(spec, 'selector');
        return isRecord(selector)
          ? Object.entries(selector)
              .map(([key, value]) => `${key}=${value}`)
              .join(',')
          : '<none>';
      },
    },
  ],
};
