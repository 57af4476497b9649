import { isRecord } from '../object.ts';
import { child, type Fields, fillIn, records, text } from './shape.ts';

const READ_FOR_ALL = 420;

function pullPolicy(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  if (last.includes('@')) return 'IfNotPresent';
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultAction(action: unknown): void {
  if (!isRecord(action)) return;
  if (isRecord(action['httpGet'])) fillIn(action['httpGet'], { path: '/', scheme: 'HTTP' });
  if (isRecord(action['grpc'])) fillIn(action['grpc'], { service: '' });
}

function defaultProbe(probe: unknown): void {
  if (!isRecord(probe)) return;
  fillIn(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultAction(probe);
}

function defaultResources(container: Fields): void {
  const resources = child(container, 'resources');
  const { limits, requests } = resources;
  if (isRecord(limits)) resources['requests'] = { ...limits, ...(isRecord(requests) ? requests : {}) };
}

function defaultContainer(container: Fields): void {
  fillIn(container, {
    imagePullPolicy: pullPolicy(text(container['image'])),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  defaultResources(container);
  for (const port of records(container['ports'])) fillIn(port, { protocol: 'TCP' });
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[name]);
  if (isRecord(container['lifecycle'])) for (const hook of Object.values(container['lifecycle'])) defaultAction(hook);
  for (const { valueFrom } of records(container['env'])) {
    if (isRecord(valueFrom) && isRecord(valueFrom['fieldRef'])) fillIn(valueFrom['fieldRef'], { apiVersion: 'v1' });
  }
}

function defaultProjection({ downwardAPI, serviceAccountToken }: Fields): void {
  if (isRecord(downwardAPI))
    for (const { fieldRef } of records(downwardAPI['items']))
      if (isRecord(fieldRef)) fillIn(fieldRef, { apiVersion: 'v1' });
  if (isRecord(serviceAccountToken)) fillIn(serviceAccountToken, { expirationSeconds: 3600 });
}

function defaultVolume(volume: Fields): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
  for (const name of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    if (isRecord(volume[name])) fillIn(volume[name], { defaultMode: READ_FOR_ALL });
  }
  if (isRecord(volume['projected']))
    for (const source of records(volume['projected']['sources'])) defaultProjection(source);
  if (isRecord(volume['downwardAPI'])) defaultProjection({ downwardAPI: volume['downwardAPI'] });
  if (isRecord(volume['hostPath'])) fillIn(volume['hostPath'], { type: '' });
}

/** Defaults of a pod spec, in a pod or a template (core/v1 `zz_generated.defaults`). */
export function defaultPodSpec(spec: Fields): void {
  for (const list of ['initContainers', 'containers'])
    for (const container of records(spec[list])) defaultContainer(container);
  for (const volume of records(spec['volumes'])) defaultVolume(volume);
  fillIn(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  // The older name of the same field is always printed beside it.
  if (spec['serviceAccountName'] !== undefined) spec['serviceAccount'] = spec['serviceAccountName'];
  else if (spec['serviceAccount'] !== undefined) spec['serviceAccountName'] = spec['serviceAccount'];
  if (spec['hostNetwork'] === true) for (const container of records(spec['containers'])) defaultHostPorts(container);
}

function defaultHostPorts(container: Fields): void {
  for (const port of records(container['ports'])) port['hostPort'] ??= port['containerPort'];
}
