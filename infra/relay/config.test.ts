import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONFIG_MAPS, PODS } from '../../shared/kube/resources.ts';
import type { FunctionManifest } from '../../shared/manifest.ts';
import { loadRelayConfig } from './config.ts';

const MANIFEST: FunctionManifest = {
  name: 'reconcile-thing',
  memoryMb: 256,
  timeoutSeconds: 30,
  concurrency: 4,
  reconciles: {
    primary: { resource: CONFIG_MAPS, labelSelector: '!done', wakeOn: [{ path: 'spec', except: ['x'] }] },
    children: [{ resource: PODS, mapTo: { label: 'run' }, wakeOn: [] }],
    subjects: [{ subject: 'sympozium.run.*.*', namespaceToken: 2, nameToken: 3 }],
  },
  rules: [],
};

function anEnvironment(routing: unknown) {
  const path = join(mkdtempSync(join(tmpdir(), 'relay-config-')), 'relay.json');
  writeFileSync(path, typeof routing === 'string' ? routing : JSON.stringify(routing));
  return {
    RELAY_CONFIG: path,
    FUNCTIONS_URL: 'http://127.0.0.1:8787',
    NATS_URL: 'nats://127.0.0.1:4222',
    RELAY_TO_FUNCTION_SECRETS: 'new old',
    FUNCTION_TO_RELAY_SECRETS: 'other',
  };
}

describe('the configuration of the relay', () => {
  it('is made of manifests as they are', () => {
    const { functions, RELAY_TO_FUNCTION_SECRETS } = loadRelayConfig(anEnvironment({ functions: [MANIFEST] }));
    const { name, timeoutSeconds, concurrency, reconciles } = MANIFEST;
    expect(functions).toEqual([{ name, timeoutSeconds, concurrency, reconciles }]);
    expect(RELAY_TO_FUNCTION_SECRETS.map((secret) => secret.reveal())).toEqual(['new', 'old']);
  });

  it.each([
    { when: 'the file is no JSON', routing: '{', says: 'cannot be read as JSON' },
    {
      when: 'a function has no name',
      routing: { functions: [{ ...MANIFEST, name: undefined }] },
      says: 'functions.0.name',
    },
    { when: 'there is no list', routing: {}, says: 'functions' },
  ])('is refused with the place when $when', ({ routing, says }) => {
    expect(() => loadRelayConfig(anEnvironment(routing))).toThrow(says);
  });
});
