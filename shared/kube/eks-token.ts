import type { Environment } from '../config/load.ts';
import { AppError } from '../errors.ts';
import { presign } from './sigv4.ts';

/** EKS takes a token until fifteen minutes after it was signed, whatever the URL says; renewed while clocks may still differ. */
const RENEW_AFTER_MS = 10 * 60_000;
/** Ignored by EKS, whose older authenticators demand at most 60. */
const EXPIRES_SECONDS = 60;

/**
 * Tokens of an EKS cluster for the identity in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which is
 * a Lambda function's role: a presigned `sts:GetCallerIdentity`, bound to the cluster by the header `x-k8s-aws-id`. Signing asks
 * nobody, so a token costs no request. The function given throws `CONFIG_INVALID` where there are no credentials.
 */
export function eksToken(cluster: string, env: Environment, now: () => Date = () => new Date()): () => string {
  let token = '';
  let signedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const age = now().getTime() - signedAt;
    // A clock that was set back must not keep a token alive.
    if (age >= 0 && age < RENEW_AFTER_MS) return token;
    const time = now();
    token = sign(cluster, env, time);
    signedAt = time.getTime();
    return token;
  };
}

function sign(cluster: string, env: Environment, now: Date): string {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY || !AWS_REGION) {
    throw new AppError(
      'CONFIG_INVALID',
      'EKS_CLUSTER_NAME needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which Lambda sets by itself',
    );
  }
  const request = {
    host: `sts.${AWS_REGION}.${AWS_REGION.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { 'x-k8s-aws-id': cluster },
    region: AWS_REGION,
    service: 'sts',
    expiresSeconds: EXPIRES_SECONDS,
  };
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
  return `k8s-aws-v1.${Buffer.from(presign(request, credentials, now)).toString('base64url')}`;
}
