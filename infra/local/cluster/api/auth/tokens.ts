import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from '../http/request.ts';
import { isRecord } from '../object.ts';
import type { Store } from '../storage/store.ts';

/** Also the audience of tokens for the API server itself. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** What a token may be bound to: it dies with it. */
interface BoundObject {
  kind: string;
  apiVersion: string;
  name: string;
  uid: string;
}

export interface TokenClaim {
  namespace: string;
  name: string;
  uid: string;
  audiences: string[];
  expirationSeconds: number;
  bound?: BoundObject;
}

export interface VerifiedToken {
  user: User;
  audiences: string[];
}

/** Verified tokens remembered, so that a busy client costs one signature check. */
const CACHE_SIZE = 5000;

function loadKey(directory: string | undefined): KeyObject {
  const path = directory === undefined ? undefined : join(directory, 'service-account.key');
  if (path !== undefined && existsSync(path)) return createPrivateKey(readFileSync(path, 'utf8'));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (path !== undefined && directory !== undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return privateKey;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Issues and checks the tokens of ServiceAccounts: JWTs signed with the cluster's own key (ES256). */
export class TokenIssuer {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #store: Store;
  readonly #now: () => Date;
  readonly #verified = new Map<string, Record<string, unknown>>();

  constructor(store: Store, now: () => Date, directory?: string) {
    this.#key = loadKey(directory);
    this.#public = createPublicKey(this.#key);
    this.#store = store;
    this.#now = now;
  }

  /** The public key, for `/openid/v1/jwks`. */
  jwks(): Record<string, unknown> {
    return { keys: [{ ...this.#public.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'cluster' }] };
  }

  issue(claim: TokenClaim): { token: string; expirationTimestamp: Date } {
    const seconds = Math.floor(this.#now().getTime() / 1000);
    const { namespace, name, uid, audiences, expirationSeconds, bound } = claim;
    const payload = {
      aud: audiences,
      exp: seconds + expirationSeconds,
      iat: seconds,
      nbf: seconds,
      iss: ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        serviceaccount: { name, uid },
        ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      },
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    const signed = `${encode({ alg: 'ES256', kid: 'cluster', typ: 'JWT' })}.${encode(payload)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return { token: `${signed}.${signature.toString('base64url')}`, expirationTimestamp: new Date(payload.exp * 1000) };
  }

  /** The user a token speaks for, when it is ours, current, for one of the audiences, and its objects still exist. */
  verify(token: string, audiences: readonly string[] = [ISSUER]): VerifiedToken | undefined {
    const payload = this.#payload(token);
    if (payload === undefined) return undefined;
    const { aud, exp, nbf, jti } = payload;
    const seconds = this.#now().getTime() / 1000;
    if (typeof exp !== 'number' || exp <= seconds || (typeof nbf === 'number' && nbf > seconds + 60)) return undefined;
    const shared = Array.isArray(aud) ? audiences.filter((audience) => aud.includes(audience)) : [];
    if (shared.length === 0) return undefined;
    const user = this.#userOf(payload['kubernetes.io'], `${jti}`);
    return user === undefined ? undefined : { user, audiences: shared };
  }

  /** Why a token was not accepted, as a TokenReview says it. */
  whyNot(token: string, asked: readonly string[]): string {
    const aud = this.#payload(token)?.['aud'];
    const audiences = asked.length === 0 ? [ISSUER] : asked;
    if (!Array.isArray(aud) || audiences.some((audience) => aud.includes(audience))) return 'invalid bearer token';
    const list = (values: readonly unknown[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
    return `[invalid bearer token, token audiences ${list(aud)} is invalid for the target audiences ${list(audiences)}]`;
  }

  #payload(token: string): Record<string, unknown> | undefined {
    const known = this.#verified.get(token);
    if (known !== undefined) return known;
    const [head, body, signature, ...rest] = token.split('.');
    if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined;
    const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    if (!isRecord(payload)) return undefined;
    if (this.#verified.size >= CACHE_SIZE) this.#verified.clear();
    this.#verified.set(token, payload);
    return payload;
  }

  #userOf(claims: unknown, id: string): User | undefined {
    if (!isRecord(claims) || !isRecord(claims['serviceaccount'])) return undefined;
    const { namespace, serviceaccount, pod, secret } = claims;
    const { name, uid } = serviceaccount;
    if (!this.#exists('serviceaccounts', namespace, serviceaccount) || !this.#boundExists('pods', namespace, pod))
      return undefined;
    if (!this.#boundExists('secrets', namespace, secret)) return undefined;
    const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] };
    if (isRecord(pod)) {
      extra['authentication.kubernetes.io/pod-name'] = [`${pod['name']}`];
      extra['authentication.kubernetes.io/pod-uid'] = [`${pod['uid']}`];
    }
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    return { name: `system:serviceaccount:${namespace}:${name}`, uid: `${uid}`, groups, extra };
  }

  #boundExists(resource: string, namespace: unknown, reference: unknown): boolean {
    return !isRecord(reference) || this.#exists(resource, namespace, reference);
  }

  #exists(resource: string, namespace: unknown, { name, uid }: Record<string, unknown>): boolean {
    return this.#store.get(resource, `${namespace}/${name}`)?.object.metadata.uid === uid;
  }
}
