import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isDnsLabel, isDnsSubdomain } from '../kube/names.ts';

/** Whose memory it is: an instance's own, or what the personas of a pack share. */
export interface MemoryOwner {
  kind: 'instance' | 'pack';
  namespace: string;
  name: string;
}

export type MemoryAccess = 'read-write' | 'read-only';

export interface Capability {
  owner: MemoryOwner;
  access: MemoryAccess;
}

/** Longest token: a namespace and a name of full length, and the rest. */
const TOKEN_MAX = 600;

/**
 * The token that opens one memory in one mode: who and how, readable, and a keyed hash of both. The same each time, so that a
 * repeated apply of a pod changes nothing. Whoever has it has the access, so it is a secret.
 */
export function memoryToken(secret: string, { owner, access }: Capability): string {
  return tokenOf(secret, [access, owner.kind, owner.namespace, owner.name].join('/'));
}

function tokenOf(secret: string, claim: string): string {
  const signature = createHmac('sha256', secret).update(`sympozium-memory/${claim}`).digest('base64url');
  return `${Buffer.from(claim).toString('base64url')}.${signature}`;
}

/** Base URL of a memory, as the variables of an agent's pod carry it: `<url>/memory/<token>`. */
export function memoryUrl(base: string, secret: string, capability: Capability): string {
  return `${base.replace(/\/+$/, '')}/memory/${memoryToken(secret, capability)}`;
}

/**
 * What a token opens, or undefined when none of `secrets` made it. Every token takes the same hashes and a comparison in
 * constant time, so that the time to refuse tells nothing about a guess.
 */
export function openToken(secrets: readonly string[], token: string): Capability | undefined {
  if (token.length > TOKEN_MAX) return undefined;
  const [encoded = ''] = token.split('.');
  const claim = Buffer.from(encoded, 'base64url').toString('utf8');
  // Whole tokens are compared: decoding forgives marks and bits that mean nothing.
  const matches = secrets.map((secret) => timingSafeEqual(digest(tokenOf(secret, claim)), digest(token)));
  return matches.includes(true) ? parseClaim(claim) : undefined;
}

function parseClaim(claim: string): Capability | undefined {
  const [access, kind, namespace = '', name = ''] = claim.split('/');
  if (access !== 'read-write' && access !== 'read-only') return undefined;
  if (kind !== 'instance' && kind !== 'pack') return undefined;
  // Both become parts of a path.
  if (!isDnsLabel(namespace) || !isDnsSubdomain(name)) return undefined;
  return { access, owner: { kind, namespace, name } };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
