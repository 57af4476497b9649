import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { der } from './der.ts';

const YEARS = 10;
const ECDSA_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));
const DAY_MS = 86_400_000;

/** A certificate and its key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

interface Wanted {
  commonName: string;
  /** DNS names and IPv4 addresses it is for; none makes it a CA. */
  hosts: readonly string[];
}

const nameOf = (commonName: string): Buffer =>
  der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8(commonName))));

const extension = (oid: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? der.implicit(7, Buffer.from(host.split('.').map(Number))) : der.implicit(2, Buffer.from(host)),
  );
  return extension('2.5.29.17', false, der.sequence(...names));
}

/** SHA-1 is what RFC 5280 names for key ids; nothing is secured by it. */
const keyId = (publicKey: Buffer): Buffer => createHash('sha1').update(publicKey).digest();

function extensionsFor({ hosts }: Wanted, own: Buffer, issuer: Buffer): Buffer {
  const ids = [
    extension('2.5.29.14', false, der.octetString(keyId(own))),
    extension('2.5.29.35', false, der.sequence(der.implicit(0, keyId(issuer)))),
  ];
  if (hosts.length === 0) {
    const isCa = extension('2.5.29.19', true, der.sequence(der.boolean(true)));
    const mayCertify = extension('2.5.29.15', true, der.bitString(Buffer.from([0b0000_0110]), 1));
    return der.sequence(isCa, mayCertify, ...ids);
  }
  const maySign = extension('2.5.29.15', true, der.bitString(Buffer.from([0b1000_0000]), 7));
  const isServer = extension('2.5.29.37', false, der.sequence(der.oid('1.3.6.1.5.5.7.3.1')));
  return der.sequence(maySign, isServer, alternativeNames(hosts), ...ids);
}

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;

/** Makes a certificate with a new P-256 key: for `hosts`, signed by the CA, or a CA of its own. Valid for ten years. */
export function makeCertificate(wanted: Wanted, ca?: { pair: KeyPair; commonName: string }, now = new Date()): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = ca === undefined ? privateKey : createPrivateKey(ca.pair.key);
  const issuerKey = ca === undefined ? spki(publicKey) : spki(new X509Certificate(ca.pair.certificate).publicKey);
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    nameOf(ca?.commonName ?? wanted.commonName),
    der.sequence(der.time(new Date(now.getTime() - DAY_MS)), der.time(new Date(now.getTime() + YEARS * 365 * DAY_MS))),
    nameOf(wanted.commonName),
    spki(publicKey),
    der.explicit(3, extensionsFor(wanted, spki(publicKey), issuerKey)),
  );
  const certificate = der.sequence(body, ECDSA_SHA256, der.bitString(sign('sha256', body, signer)));
  return { certificate: pem(certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A server's certificate with the CA that vouches for it. */
export interface ServerIdentity {
  ca: string;
  server: KeyPair;
}

const CA_NAME = 'embedded-cluster-ca';

/** The identity kept in `directory`, made on first use, so that a kubeconfig stays good over restarts. */
export function serverIdentity(hosts: readonly string[], directory?: string): ServerIdentity {
  const path = directory === undefined ? undefined : join(directory, 'tls.json');
  if (path !== undefined && existsSync(path)) {
    const kept: ServerIdentity & { hosts: string[] } = JSON.parse(readFileSync(path, 'utf8'));
    if (hosts.every((host) => kept.hosts.includes(host))) return kept;
  }
  const ca = makeCertificate({ commonName: CA_NAME, hosts: [] });
  const server = makeCertificate({ commonName: 'kube-apiserver', hosts }, { pair: ca, commonName: CA_NAME });
  const identity = { ca: ca.certificate, server };
  if (path !== undefined && directory !== undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, JSON.stringify({ ...identity, hosts }), { mode: 0o600 });
  }
  return identity;
}
