import { schemaType } from '../../apply/schema-type.ts';
import { compileSchema } from '../../schema/compile.ts';
import type { CompiledSchema, JsonSchema } from '../../schema/types.ts';
import type { ClusterState } from '../cluster-state.ts';
import { at, isRecord, type KubeObject, rfc3339 } from '../object.ts';
import { CRD_FINALIZER, CRD_STORAGE, crdNames } from './crd.ts';
import { CUSTOM_VERBS, type KindRules, type PrinterColumn, type ResourceType } from './resource-type.ts';

/** Keeps the registry in step with the CRDs, sets their conditions, and clears up after deleted ones. */
export class CustomResources {
  readonly #cluster: ClusterState;
  readonly #compiled = new Map<string, { source: string; schema: CompiledSchema }>();

  constructor(cluster: ClusterState) {
    this.#cluster = cluster;
  }

  start(): void {
    const { store, registry } = this.#cluster;
    for (const { object } of store.collection(CRD_STORAGE).list('')) this.#serve(object);
    store.collection(CRD_STORAGE).listeners.add(({ key, next }) => {
      if (next === undefined) registry.setCustom(key, []);
      else this.#changed(next.object);
    });
  }

  #changed(crd: KubeObject): void {
    this.#serve(crd);
    // Not within the write that is being reported: the other listeners must hear of that first.
    if (crd.metadata.deletionTimestamp !== undefined) queueMicrotask(() => this.#clearUp(crd.metadata.name ?? ''));
    else if (!isEstablished(crd)) queueMicrotask(() => this.#establish(crd.metadata.name ?? ''));
  }

  #establish(name: string): void {
    const { store, now } = this.#cluster;
    const crd = store.get(CRD_STORAGE, name)?.object;
    if (crd === undefined || isEstablished(crd)) return;
    const lastTransitionTime = rfc3339(now());
    const conditions = [
      {
        type: 'NamesAccepted',
        status: 'True',
        lastTransitionTime,
        reason: 'NoConflicts',
        message: 'no conflicts found',
      },
      {
        type: 'Established',
        status: 'True',
        lastTransitionTime,
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ];
    const versions = versionsOf(crd).filter(({ storage }) => storage === true);
    const storedVersions = versions.map((version) => version['name']);
    store.put(CRD_STORAGE, name, {
      ...crd,
      status: { ...crd.status, conditions, acceptedNames: crdNames(crd), storedVersions },
    });
  }

  #clearUp(name: string): void {
    const { store, registry } = this.#cluster;
    const crd = store.get(CRD_STORAGE, name)?.object;
    if (crd === undefined || !crd.metadata.finalizers?.includes(CRD_FINALIZER)) return;
    const storage = registry.customOf(name)[0]?.storage ?? '';
    const collection = store.collection(storage);
    for (const { key, object } of collection.list('')) this.#removeInstance(storage, key, object);
    if (collection.entries.size > 0) {
      const listener = (): void => {
        if (collection.entries.size > 0) return;
        collection.listeners.delete(listener);
        queueMicrotask(() => this.#clearUp(name));
      };
      collection.listeners.add(listener);
      return;
    }
    const finalizers = crd.metadata.finalizers.filter((finalizer) => finalizer !== CRD_FINALIZER);
    const { finalizers: _all, ...metadata } = crd.metadata;
    const last = { ...crd, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers } };
    if (finalizers.length === 0) store.delete(CRD_STORAGE, name, last);
    else store.put(CRD_STORAGE, name, last);
  }

  #removeInstance(storage: string, key: string, object: KubeObject): void {
    const { store, now } = this.#cluster;
    if ((object.metadata.finalizers ?? []).length === 0) store.delete(storage, key);
    else if (object.metadata.deletionTimestamp === undefined) {
      store.put(storage, key, {
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: rfc3339(now()), deletionGracePeriodSeconds: 0 },
      });
    }
  }

  #serve(crd: KubeObject): void {
    const versions = versionsOf(crd);
    const stored = `${versions.find(({ storage }) => storage === true)?.['name'] ?? ''}`;
    const types = versions.filter(({ served }) => served === true).map((version) => this.#typeOf(crd, version, stored));
    this.#cluster.registry.setCustom(crd.metadata.name ?? '', types);
  }

  #schemaOf(crdName: string, version: Record<string, unknown>): CompiledSchema {
    const schema = at(version, 'schema', 'openAPIV3Schema');
    const source = JSON.stringify(schema ?? {});
    const key = `${crdName} ${version['name']}`;
    const known = this.#compiled.get(key);
    if (known?.source === source) return known.schema;
    const compiled = compileSchema((isRecord(schema) ? schema : {}) as JsonSchema); // Checked when the CRD was written.
    this.#compiled.set(key, { source, schema: compiled });
    return compiled;
  }

  #typeOf(crd: KubeObject, version: Record<string, unknown>, storedVersion: string): ResourceType {
    const { group = '', scope } = crd.spec ?? {};
    const { kind = '', plural = '', singular, listKind, shortNames, categories } = crdNames(crd);
    const name = `${version['name']}`;
    const crdName = crd.metadata.name ?? '';
    const schema = this.#schemaOf(crdName, version);
    const subresources = isRecord(version['subresources']) ? version['subresources'] : {};
    const scale = subresources['scale'];
    const typeInfo = schemaType(schema.schema);
    return {
      group: `${group}`,
      version: name,
      apiVersion: `${group}/${name}`,
      resource: `${plural}`,
      kind: `${kind}`,
      singular: `${singular ?? `${kind}`.toLowerCase()}`,
      listKind: `${listKind ?? `${kind}List`}`,
      namespaced: scope === 'Namespaced',
      shortNames: strings(shortNames),
      categories: strings(categories),
      verbs: CUSTOM_VERBS,
      subresources: new Set(['status', 'scale'].filter((subresource) => subresource in subresources)),
      storage: `${group}/${plural}`,
      storageApiVersion: `${group}/${storedVersion}`,
      rules: rulesOf(version),
      custom: {
        schema,
        crdName,
        ...(isRecord(scale) ? { scalePaths: scalePaths(scale) } : {}),
        selectableFields: records(version['selectableFields']).map(({ jsonPath }) => `${jsonPath}`),
        ...(version['deprecated'] === true
          ? { deprecationWarning: `${version['deprecationWarning'] ?? `${group}/${name} ${kind} is deprecated`}` }
          : {}),
      },
      typeInfo: () => typeInfo,
    };
  }
}

const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const versionsOf = (crd: KubeObject): Record<string, unknown>[] => records(crd.spec?.['versions']);

function scalePaths(scale: Record<string, unknown>): { spec: string; status: string; selector?: string } {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return {
    spec: `${specReplicasPath}`,
    status: `${statusReplicasPath}`,
    ...(typeof labelSelectorPath === 'string' ? { selector: labelSelectorPath } : {}),
  };
}

function rulesOf(version: Record<string, unknown>): KindRules {
  const columns = records(version['additionalPrinterColumns']).map(
    ({ name, type, format, description, priority, jsonPath }): PrinterColumn => ({
      name: `${name}`,
      type: `${type}`,
      ...(typeof format === 'string' ? { format } : {}),
      description:
        typeof description === 'string'
          ? description
          : `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      ...(typeof priority === 'number' ? { priority } : {}),
      jsonPath: `${jsonPath}`,
    }),
  );
  return columns.length === 0 ? {} : { columns };
}

function isEstablished({ status }: KubeObject): boolean {
  return records(status?.['conditions']).some(({ type, status: value }) => type === 'Established' && value === 'True');
}
