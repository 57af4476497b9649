import { isIP } from 'node:net';
import type { KubeObject } from './objects.ts';

/** The parts of `networking.k8s.io/v1` that our policies are built from. Names and shapes are Kubernetes' own. */
interface NetworkPeer {
  namespaceSelector?: { matchLabels: Record<string, string> };
  podSelector?: { matchLabels: Record<string, string> };
  ipBlock?: { cidr: string; except?: string[] };
}

export interface EgressRule {
  to: NetworkPeer[];
  /** All when absent. */
  ports?: { port: number; protocol: 'TCP' | 'UDP' }[];
}

export interface NetworkPolicy extends KubeObject {
  spec: {
    podSelector: { matchLabels: Record<string, string> };
    policyTypes: ('Ingress' | 'Egress')[];
    /** Nobody may connect when absent. */
    ingress?: { ports: { port: number; protocol: string }[] }[];
    egress: EgressRule[];
  };
}

/** Addresses that no public name leads to: private networks, other hosts of the link, and carriers' own. */
const PRIVATE_V4 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', '127.0.0.0/8'];
const PRIVATE_V6 = ['fc00::/7', 'fe80::/10', '::1/128'];
const PUBLIC: NetworkPeer[] = [
  { ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_V4 } },
  { ipBlock: { cidr: '::/0', except: PRIVATE_V6 } },
];

/** Names are asked of the cluster's own DNS, and of nobody else. */
export const DNS_EGRESS: EgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

/**
 * Lets pods reach a host, which is an address, a range of addresses, a Service (`<name>.<namespace>.svc`, of which the port is that of
 * its pods) or a name. Network policies know no names: one opens its port to all public addresses, and to no private one.
 * Undefined for the pod itself, which needs no rule.
 */
export function egressTo(host: string, port: number | undefined): EgressRule | undefined {
  const to = peersOf(host.toLowerCase().replace(/\.$/, ''));
  if (to === undefined) return undefined;
  return { to, ...(port !== undefined && { ports: [{ port, protocol: 'TCP' as const }] }) };
}

function peersOf(host: string): NetworkPeer[] | undefined {
  const [address = '', length] = host.split('/');
  const version = isIP(address.replace(/^\[(.*)\]$/, '$1'));
  if (host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(address) || address === '::1')
    return undefined;
  if (version !== 0) {
    const bare = address.replace(/^\[(.*)\]$/, '$1');
    return [{ ipBlock: { cidr: `${bare}/${length ?? (version === 4 ? 32 : 128)}` } }];
  }
  const namespace = /^[^.]+\.([^.]+)\.svc(?:\..+)?$/.exec(host)?.[1];
  if (namespace === undefined) return PUBLIC;
  return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }];
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'nats:': 4222,
};

/** The same for where a URL leads; undefined for a text that is none. */
export function egressToUrl(url: string): EgressRule | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  return hostname === '' ? undefined : egressTo(hostname, port === '' ? DEFAULT_PORTS[protocol] : Number(port));
}
