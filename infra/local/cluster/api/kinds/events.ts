import type { KubeObject } from '../object.ts';
import type { ResourceType } from './resource-type.ts';

/** Core name → events.k8s.io name of the fields that the two forms of an Event call differently. */
const RENAMED: Record<string, string> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};
const BACK = Object.fromEntries(Object.entries(RENAMED).map(([core, modern]) => [modern, core]));

function rename(object: KubeObject, names: Record<string, string>, apiVersion: string): KubeObject {
  const entries = Object.entries(object)
    // The newer form leaves out who reported when nobody did.
    .filter(([key, value]) => apiVersion === 'v1' || value !== '' || !key.startsWith('reporting'))
    .map(([key, value]) => [names[key] ?? key, value]);
  return { ...Object.fromEntries(entries), kind: 'Event', apiVersion };
}

/** The form an object is kept in: Events of both groups are one list. */
export function toStored(type: ResourceType, object: KubeObject): KubeObject {
  if (type.storage === 'events' && type.group !== '') return rename(object, BACK, 'v1');
  return type.apiVersion === type.storageApiVersion ? object : { ...object, apiVersion: type.storageApiVersion };
}

export function fromStored(type: ResourceType, object: KubeObject): KubeObject {
  if (object.apiVersion === type.apiVersion) return object;
  return type.storage === 'events'
    ? rename(object, RENAMED, type.apiVersion)
    : { ...object, apiVersion: type.apiVersion };
}
