import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { pathOf, type Resource } from '../../shared/kube/resources.ts';

const run = promisify(execFile);

const REQUESTS: Resource = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
};
const SIGNING_MS = 20_000;

interface SigningRequest extends KubeObject {
  spec: { request: string; signerName: string; usages: string[] };
  status?: { certificate?: string; conditions?: object[] };
}

/**
 * A serving certificate of a kubelet at 127.0.0.1, signed by the cluster as for any other: the API server trusts no stranger
 * when it asks for logs. Needs `openssl` on PATH.
 */
export async function servingCertificate(
  kube: KubeClient,
  nodeName: string,
  folder: string,
): Promise<{ key: string; cert: string }> {
  const [keyFile, requestFile] = [join(folder, 'kubelet.key'), join(folder, 'kubelet.csr')];
  await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/O=system:nodes/CN=system:node:${nodeName}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', keyFile, '-out', requestFile],
  ]);
  const name = `${nodeName}-${Date.now()}`;
  const request = await kube.create<SigningRequest>(
    REQUESTS,
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: REQUESTS.kind,
      metadata: { name },
      spec: {
        request: (await readFile(requestFile)).toString('base64'),
        signerName: 'kubernetes.io/kubelet-serving',
        usages: ['digital signature', 'server auth'],
      },
    },
    { fieldManager: 'bench' },
  );
  await approve(kube, request);
  const cert = await signed(kube, name);
  await kube.remove({ resource: REQUESTS, name });
  return { key: await readFile(keyFile, 'utf8'), cert };
}

async function approve(kube: KubeClient, request: SigningRequest): Promise<void> {
  const approved = { type: 'Approved', status: 'True', reason: 'Bench', message: 'The bench runs a stand-in kubelet.' };
  await kube.json({
    method: 'PUT',
    path: `${pathOf(REQUESTS, undefined, request.metadata.name)}/approval`,
    body: { ...request, status: { conditions: [approved] } },
  });
}

async function signed(kube: KubeClient, name: string): Promise<string> {
  const deadline = performance.now() + SIGNING_MS;
  while (performance.now() < deadline) {
    const request = await kube.get<SigningRequest>(REQUESTS, { name });
    const certificate = request?.status?.certificate;
    if (certificate !== undefined) return Buffer.from(certificate, 'base64').toString('utf8');
    await sleep(50);
  }
  throw new Error('The cluster did not sign the certificate of the stand-in kubelet; does its controller manager run?');
}
