import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { connectionFrom } from './connection.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'connection-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

/** Writes a kubeconfig whose current context is of `cluster` and `user`, among others; gives its path. */
function kubeconfig(cluster: object, user: object): string {
  const config = {
    'current-context': 'here',
    contexts: [
      { name: 'there', context: { cluster: 'b', user: 'b' } },
      { name: 'here', context: { cluster: 'a', user: 'a' } },
    ],
    clusters: [
      { name: 'b', cluster: { server: 'https://b' } },
      { name: 'a', cluster },
    ],
    users: [
      { name: 'b', user: { token: 'b' } },
      { name: 'a', user },
    ],
  };
  return join(folder, file('kubeconfig', stringify(config)));
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });

describe('a connection by kubeconfig', () => {
  it('has the certificates when they are inline', () => {
    const KUBECONFIG = kubeconfig(
      { server: 'https://a:6443', 'certificate-authority-data': base64('CA') },
      { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
    );
    expect(connectionFrom({ KUBECONFIG })).toEqual({
      server: 'https://a:6443',
      ca: 'CA',
      clientCert: 'CERT',
      clientKey: 'KEY',
    });
  });

  it('has the certificates when they are files named from its folder', () => {
    const KUBECONFIG = kubeconfig(
      { server: 'https://a', 'certificate-authority': file('ca.pem', 'CA') },
      { 'client-certificate': file('cert.pem', 'CERT'), 'client-key': join(folder, file('key.pem', 'KEY')) },
    );
    expect(connectionFrom({ KUBECONFIG })).toMatchObject({ ca: 'CA', clientCert: 'CERT', clientKey: 'KEY' });
  });

  it('has the token when it is inline or in a file', async () => {
    const inline = connectionFrom({ KUBECONFIG: kubeconfig({ server: 'https://a' }, { token: 'inline' }) });
    expect(await inline.token?.()).toBe('inline');
    const user = { tokenFile: file('token', 'filed\n') };
    expect(await connectionFrom({ KUBECONFIG: kubeconfig({ server: 'https://a' }, user) }).token?.()).toBe('filed');
  });

  it('skips verification only when the kubeconfig says so', () => {
    const skips = (cluster: object) =>
      connectionFrom({ KUBECONFIG: kubeconfig({ server: 'https://a', ...cluster }, {}) }).skipTlsVerify;
    expect(skips({ 'insecure-skip-tls-verify': true })).toBe(true);
    expect(skips({})).toBeUndefined();
  });

  it.each(['exec', 'auth-provider'])('is refused when it signs in with %s', (plugin) => {
    const KUBECONFIG = kubeconfig({ server: 'https://a' }, { [plugin]: { command: 'aws' } });
    expect(() => connectionFrom({ KUBECONFIG })).toThrow(refused(/plug-in.*token or a certificate/));
  });

  it('is refused when its current context has no server', () => {
    expect(() => connectionFrom({ KUBECONFIG: kubeconfig({}, {}) })).toThrow(refused(/names no server/));
  });
});

const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };

describe('a connection from a pod', () => {
  it('reads the token again within a minute when it rotates', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    file('ca.crt', 'CA');
    file('token', 'first\n');
    const { server, ca, token } = connectionFrom(IN_CLUSTER, folder);
    expect([server, ca, await token?.()]).toEqual(['https://10.0.0.1:6443', 'CA', 'first']);
    file('token', 'second\n');
    vi.advanceTimersByTime(61_000);
    expect(await token?.()).toBe('second');
  });

  it('takes an IPv6 address when the service has one', () => {
    file('ca.crt', 'CA');
    file('token', 'x');
    expect(connectionFrom({ KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder).server).toBe('https://[fd00::1]:443');
  });

  it('gives way to a kubeconfig, and goes before EKS, when several are there', () => {
    file('ca.crt', 'CA');
    file('token', 'x');
    const KUBECONFIG = kubeconfig({ server: 'https://a' }, {});
    expect(connectionFrom({ ...IN_CLUSTER, KUBECONFIG }, folder).server).toBe('https://a');
    expect(connectionFrom({ ...IN_CLUSTER, EKS_CLUSTER_NAME: 'prod' }, folder).server).toBe('https://10.0.0.1:6443');
  });
});

const PEM = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
const EKS = {
  EKS_CLUSTER_NAME: 'prod',
  KUBERNETES_SERVER: 'https://x.eks.amazonaws.com',
  KUBERNETES_CA: base64(PEM),
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKID',
  AWS_SECRET_ACCESS_KEY: 'secret',
};

describe('a connection to EKS', () => {
  it('signs in with a token of the cluster, whether its authority is given in PEM or base64', async () => {
    for (const KUBERNETES_CA of [PEM, base64(PEM)]) {
      // serverless.yml hands every variable on, blank when it is not set.
      const { server, ca, token } = connectionFrom({ ...EKS, KUBERNETES_CA, KUBECONFIG: '' });
      expect([server, ca]).toEqual(['https://x.eks.amazonaws.com', PEM]);
      expect(await token?.()).toMatch(/^k8s-aws-v1\./);
    }
  });

  it.each(['KUBERNETES_SERVER', 'KUBERNETES_CA'])('is refused when %s is blank', (name) => {
    expect(() => connectionFrom({ ...EKS, [name]: ' ' })).toThrow(refused(new RegExp(name)));
  });

  it('is refused when the authority is no certificate', () => {
    expect(() => connectionFrom({ ...EKS, KUBERNETES_CA: 'nonsense' })).toThrow(refused(/must be a certificate/));
  });
});

describe('a connection to nothing', () => {
  it('is refused with the three ways when none is set up', () => {
    const env = { ...IN_CLUSTER, KUBECONFIG: '', EKS_CLUSTER_NAME: '' };
    expect(() => connectionFrom(env, folder)).toThrow(refused(/KUBECONFIG.*ServiceAccount.*EKS_CLUSTER_NAME/));
  });
});
