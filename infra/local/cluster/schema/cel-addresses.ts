/** URLs, IP addresses and networks in CEL, as Kubernetes has them. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

class Address {
  readonly text: string;

  constructor(text: string) {
    if (isIP(text) === 0)
      throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
    this.text = text;
  }
}

class Network {
  readonly address: Address;
  readonly bits: number;
  readonly #block = new BlockList();

  constructor(text: string) {
    if (!isNetwork(text)) throw new Error(`network address parse error during conversion from string: ${text}`);
    const [address = '', bits = ''] = text.split('/');
    this.address = new Address(address);
    this.bits = Number(bits);
    this.#block.addSubnet(address, this.bits, familyOf(address));
  }

  contains(address: string): boolean {
    return this.#block.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  return (
    rest.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128)
  );
}

/** Relative references have no host and are kept apart by a base that is taken off again. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : text.startsWith('/') ? new URL(text, 'none:') : undefined;
}

function url(text: string): URL {
  const parsed = parseUrl(text);
  if (!parsed)
    throw new Error(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return parsed;
}

/** The port as written: what is the scheme's own is left out by `URL`. */
function hostOf(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^/?#]*)/i.exec(text)?.[1] ?? '';
}

class Url {
  readonly url: URL;
  readonly host: string;

  constructor(text: string) {
    this.url = url(text);
    this.host = hostOf(text);
  }
}

export function registerAddresses(env: Environment): void {
  env
    .registerType('kubernetes.URL', { ctor: Url, fields: {} })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
    .registerFunction('kubernetes.URL.getScheme(): string', ({ url: { protocol } }: Url) =>
      protocol === 'none:' ? '' : protocol.slice(0, -1),
    )
    .registerFunction('kubernetes.URL.getHost(): string', ({ host }: Url) => host)
    .registerFunction('kubernetes.URL.getHostname(): string', ({ host }: Url) =>
      host.replace(/:\d*$/, '').replace(/^\[|\]$/g, ''),
    )
    .registerFunction('kubernetes.URL.getPort(): string', ({ host }: Url) => /:(\d+)$/.exec(host)?.[1] ?? '')
    .registerFunction('kubernetes.URL.getEscapedPath(): string', ({ url: { pathname } }: Url) => pathname)
    .registerType('net.IP', { ctor: Address, fields: {} })
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('ip(string): net.IP', (text: string) => new Address(text))
    .registerFunction('net.IP.family(): int', ({ text }: Address) => BigInt(isIP(text)))
    .registerFunction('net.IP.isLoopback(): bool', ({ text }: Address) =>
      isIPv4(text) ? text.startsWith('127.') : text === '::1',
    )
    .registerType('net.CIDR', { ctor: Network, fields: {} })
    .registerFunction('isCIDR(string): bool', isNetwork)
    .registerFunction('cidr(string): net.CIDR', (text: string) => new Network(text))
    .registerFunction('net.CIDR.containsIP(string): bool', (network: Network, text: string) =>
      network.contains(new Address(text).text),
    )
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (network: Network, { text }: Address) =>
      network.contains(text),
    )
    .registerFunction('net.CIDR.ip(): net.IP', ({ address }: Network) => address)
    .registerFunction('net.CIDR.prefixLength(): int', ({ bits }: Network) => BigInt(bits));
}
