import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, such as those of a Lambda function's role. */
  sessionToken?: string;
}

export interface PresignRequest {
  /** `https` is assumed and the path is `/`. */
  host: string;
  query?: Readonly<Record<string, string>>;
  /** Headers that whoever uses the URL must send with these very values. */
  headers?: Readonly<Record<string, string>>;
  region: string;
  service: string;
  expiresSeconds: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const EMPTY_BODY = createHash('sha256').update('').digest('hex');

/**
 * A GET that whoever holds the URL may send for the owner of the credentials: AWS Signature Version 4 in the query. Own code,
 * because the signers of the SDK come with megabytes.
 */
export function presign(request: PresignRequest, credentials: AwsCredentials, now: Date): string {
  const { host, region, service, expiresSeconds } = request;
  const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers = sorted(
    Object.entries({ ...request.headers, host }).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const signedHeaders = headers.map(([name]) => name).join(';');
  const query = queryString({
    ...request.query,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresSeconds),
    ...(credentials.sessionToken !== undefined && { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': signedHeaders,
  });
  const headerLines = headers.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}\n`).join('');
  const canonical = ['GET', '/', query, headerLines, signedHeaders, EMPTY_BODY].join('\n');
  const toSign = [ALGORITHM, time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  return `https://${host}/?${query}&X-Amz-Signature=${signatureOf(toSign, scope, credentials.secretAccessKey)}`;
}

/** The key that signs is derived from each part of the scope in turn. */
function signatureOf(toSign: string, scope: string, secret: string): string {
  const key = scope.split('/').reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const queryString = (query: Record<string, string>): string =>
  sorted(Object.entries(query).map(([name, value]) => [encode(name), encode(value)]))
    .map((pair) => pair.join('='))
    .join('&');

/** By code unit: AWS sorts bytes, and what is sorted here is ASCII. */
const sorted = (pairs: [string, string][]): [string, string][] => pairs.sort(([a], [b]) => (a < b ? -1 : 1));

/** RFC 3986: everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
