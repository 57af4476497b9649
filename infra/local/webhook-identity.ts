import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serverIdentity } from './cluster/api/tls/certificate.ts';
import { writePrivately } from './state.ts';

/** What a relay on this machine shows at its admission endpoint, and whom the API server is to trust for it. */
export interface WebhookIdentity {
  certFile: string;
  keyFile: string;
  /** PEM. */
  ca: string;
}

/** Makes a certificate anew, with the files in `folder`, readable by their owner alone. */
export async function makeWebhookIdentity(folder: string): Promise<WebhookIdentity> {
  const { ca, server } = serverIdentity(['127.0.0.1']);
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePrivately(certFile, server.certificate);
  await writePrivately(keyFile, server.key);
  return { certFile, keyFile, ca };
}

/** What the relay reads of it. */
export function admissionEnvironment({ certFile, keyFile }: WebhookIdentity, port: number): Record<string, string> {
  return { ADMISSION_PORT: String(port), ADMISSION_CERT_FILE: certFile, ADMISSION_KEY_FILE: keyFile };
}
