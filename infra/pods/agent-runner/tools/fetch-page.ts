import { type LookupAddress, lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { ToolError } from './tool.ts';

export interface Page {
  /** Where it was found in the end. */
  url: string;
  status: number;
  type: string;
  text: string;
  /** There was more than is read. */
  cut: boolean;
}

const TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;
const MAX_BYTES = 2_000_000;

/**
 * The pod itself, with what listens beside the agent, and the addresses at which clouds give out keys to whoever asks. Other addresses are
 * the network policy's matter.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('0.0.0.0', 8);
FORBIDDEN.addSubnet('127.0.0.0', 8);
FORBIDDEN.addSubnet('169.254.0.0', 16);
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addAddress('::1', 'ipv6');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
FORBIDDEN.addAddress('fd20:ce::254', 'ipv6');

export const isForbidden = (address: string): boolean => FORBIDDEN.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** Follows redirects. Throws `ToolError` for what the model can do something about; the status of an answer is no error. */
export async function readPage(
  first: URL,
  headers: Readonly<Record<string, string>>,
  outer: AbortSignal,
  forbidden: (address: string) => boolean = isForbidden,
): Promise<Page> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(TIMEOUT_MS)]);
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    // Elsewhere, what was sent for the first address alone is nobody's business.
    const sent = url.origin === first.origin ? headers : {};
    const response = await answerOf(url, sent, signal, forbidden);
    const { statusCode: status = 0 } = response;
    const { location } = response.headers;
    if (location === undefined || status < 300 || status > 399) return await pageOf(url, status, response);
    response.destroy();
    const next = URL.parse(location, url.href);
    if (next === null || !/^https?:$/.test(next.protocol)) throw new ToolError(`${url} redirects to no web address`);
    url = next;
  }
  throw new ToolError(`${first} redirects more than ${MAX_REDIRECTS} times`);
}

function answerOf(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  forbidden: (address: string) => boolean,
): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && forbidden(host)) throw refused(host);
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const usual = { 'user-agent': 'sympozium-agent', accept: 'text/html, text/*, application/json;q=0.9, */*;q=0.1' };
  const options = {
    headers: { ...usual, ...headers, 'accept-encoding': 'identity' },
    lookup: allowedOnly(forbidden),
    agent: false as const,
    signal,
  };
  return new Promise((resolve, reject) => {
    open(url, options, resolve)
      .on('error', (error) => reject(signal.aborted || error instanceof ToolError ? error : unreachable(url, error)))
      .end();
  });
}

/** Looks at the very addresses that are connected to, so that no name can mean one thing now and another later. */
function allowedOnly(forbidden: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const bad = addresses?.find(({ address }) => forbidden(address));
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) callback(error ?? new Error(`${host} has no address`), '', 0);
      else if (bad !== undefined) callback(refused(host), '', 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

const refused = (host: string): ToolError =>
  new ToolError(`${host} is an address of this machine or of its cloud, which agents do not read`);

const unreachable = (url: URL, error: Error): ToolError => new ToolError(`${url} cannot be read: ${error.message}`);

async function pageOf(url: URL, status: number, response: IncomingMessage): Promise<Page> {
  const type = response.headers['content-type'] ?? 'text/plain';
  if (!/text\/|json|xml|javascript|yaml|csv/i.test(type)) {
    response.destroy();
    throw new ToolError(`${url} is ${type}, which is no text`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) break;
  }
  const text = decoded(Buffer.concat(chunks).subarray(0, MAX_BYTES), type);
  return { url: url.href, status, type, text, cut: bytes > MAX_BYTES };
}

/** By the charset that the answer names, or as UTF-8 where that is unknown here. */
function decoded(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /charset="?([\w-]+)/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString('utf8');
  }
}
