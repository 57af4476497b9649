import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relayConnection } from './kube-connection.ts';

function aKubeconfig(user: (folder: string) => object): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-kubeconfig-'));
  const path = join(folder, 'config');
  const ca = Buffer.from('the authority').toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user: user(folder) }],
  };
  // Block style, as every tool writes it.
  writeFileSync(path, toYaml(config));
  return path;
}

function toYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.map((item) => `\n${indent}- ${toYaml(item, `${indent}  `).trimStart()}`).join('');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, one]) => `\n${indent}${key}: ${toYaml(one, `${indent}  `)}`)
    .join('');
}

describe('the connection of the relay', () => {
  it('carries the token of a kubeconfig', async () => {
    const connection = await relayConnection({ KUBECONFIG: aKubeconfig(() => ({ token: 'plain' })) });
    expect([connection.server, connection.ca, await connection.token?.()]).toEqual([
      'https://127.0.0.1:6443',
      'the authority',
      'plain',
    ]);
  });

  it('runs the program that a kubeconfig signs in with', async () => {
    const path = aKubeconfig((folder) => {
      const program = join(folder, 'sign-in');
      const status = { token: 'from-a-program', expirationTimestamp: '2099-01-01T00:00:00Z' };
      const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
      writeFileSync(program, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
      chmodSync(program, 0o755);
      return { exec: { apiVersion: credential.apiVersion, command: program, interactiveMode: 'Never' } };
    });
    const connection = await relayConnection({ KUBECONFIG: path });
    expect([connection.server, connection.ca, await connection.token?.()]).toEqual([
      'https://127.0.0.1:6443',
      'the authority',
      'from-a-program',
    ]);
  });
});
