import { describe, expect, it } from 'vitest';
import { applied, aWidget, LATER, NOW, WIDGET } from './fixtures.ts';
import { managedFieldsOf, updateManagedFields, withManagedFields } from './ownership.ts';
import type { JsonObject, ManagedFieldsEntry, UpdateRequest } from './types.ts';

const WRITER = { manager: 'U', typeInfo: WIDGET, apiVersion: 'test.io/v1', now: NOW };

function update(live: JsonObject | undefined, next: JsonObject, more: Partial<UpdateRequest> = {}): JsonObject {
  return withManagedFields(next, updateManagedFields({ ...WRITER, ...(live && { live }), next, ...more }));
}

function summary(object: JsonObject): readonly (readonly [string | undefined, JsonObject | undefined])[] {
  const entries = managedFieldsOf(object);
  return Array.isArray(entries) ? entries.map(({ manager, fieldsV1 }: ManagedFieldsEntry) => [manager, fieldsV1]) : [];
}

describe('ownership by a write that is not an apply', () => {
  it('counts new maps and lists as fields too when an object is created', () => {
    const next = aWidget(
      { labels: { l: '1' }, items: [{ name: 'i' }] },
      { metadata: { name: 'w', labels: { app: 'x' }, uid: 'u' } },
    );
    expect(summary(update(undefined, next))).toEqual([
      [
        'U',
        {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            '.': {},
            'f:items': { '.': {}, 'k:{"name":"i"}': { '.': {}, 'f:name': {} } },
            'f:labels': { '.': {}, 'f:l': {} },
          },
        },
      ],
    ]);
  });

  it('takes from an applier what it changes, and nothing else', () => {
    const live = applied(undefined, ['A', { a: '1', labels: { l: '1' } }]);
    expect(summary(update(live, { ...live, spec: { a: '2', labels: { l: '1' } } }))).toEqual([
      ['A', { 'f:spec': { 'f:labels': { 'f:l': {} } } }],
      ['U', { 'f:spec': { 'f:a': {} } }],
    ]);
  });

  it('takes from everybody what it removes', () => {
    const live = applied(undefined, ['A', { a: '1', set: ['x', 'y'] }]);
    expect(summary(update(live, { ...live, spec: { set: ['y'] } }))).toEqual([
      ['A', { 'f:spec': { 'f:set': { 'v:"y"': {} } } }],
    ]);
  });

  it('keeps entries apart by subresource', () => {
    const live = update(undefined, aWidget({ a: '1' }));
    const next = { ...live, status: { phase: 'P' } };
    const object = update(live, next, { subresource: 'status', resetFields: ['spec'] });
    expect(summary(object)).toHaveLength(2);
  });

  it('leaves the time of an entry when nothing of it changed', () => {
    const live = update(undefined, aWidget({ a: '1' }));
    expect(update(live, live, { now: LATER })).toEqual(live);
  });

  it('drops all entries when the client resets them, and none when it leaves them out', () => {
    const live = update(undefined, aWidget({ a: '1' }));
    const reset = update(live, aWidget({ a: '1' }, { metadata: { name: 'w', managedFields: [{}] } }));
    expect(summary(reset)).toEqual([]);
    expect(summary(update(reset, aWidget({ a: '2' })))).toEqual([]);
    expect(summary(update(live, aWidget({ a: '1' })))).toHaveLength(1);
  });

  it('puts the oldest updaters together when there are more than ten', () => {
    let object = update(undefined, aWidget({ labels: { l: '1' } }));
    const labels: JsonObject = { l: '1' };
    for (let i = 0; i < 12; i++) {
      labels[`k${i}`] = '1';
      const now = new Date(NOW.getTime() + i * 1000);
      object = update(object, { ...object, spec: { labels: { ...labels } } }, { manager: `m${i}`, now });
    }
    const managers = summary(object).map(([manager]) => manager);
    expect(managers).toHaveLength(10);
    expect(managers).toContain('ancient-changes');
  });
});
