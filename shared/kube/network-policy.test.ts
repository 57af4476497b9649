import { describe, expect, it } from 'vitest';
import { egressTo, egressToUrl } from './network-policy.ts';

const blocks = (host: string) => egressTo(host, 443)?.to.map(({ ipBlock }) => ipBlock?.cidr);

describe('what a pod is let reach', () => {
  it.each([
    ['192.0.2.7', ['192.0.2.7/32']],
    ['10.1.0.0/16', ['10.1.0.0/16']],
    ['2001:db8::1', ['2001:db8::1/128']],
  ])('is the address itself for %s', (host, cidrs) => {
    expect(blocks(host)).toEqual(cidrs);
  });

  it('is no private address for a name, since any name can lead anywhere', () => {
    const rule = egressTo('api.example', 443);
    expect(rule?.to.map(({ ipBlock }) => ipBlock?.cidr)).toEqual(['0.0.0.0/0', '::/0']);
    for (const { ipBlock } of rule?.to ?? []) expect(ipBlock?.except?.length).toBeGreaterThan(0);
    expect(rule?.ports).toEqual([{ port: 443, protocol: 'TCP' }]);
  });

  it.each(['nats.sympozium-system.svc', 'nats.sympozium-system.svc.cluster.local.'])(
    'is the namespace of a Service for %s',
    (host) => {
      expect(egressTo(host, 4222)).toEqual({
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sympozium-system' } } }],
        ports: [{ port: 4222, protocol: 'TCP' }],
      });
    },
  );

  it.each(['localhost', '127.0.0.1', '::1'])('needs no rule for %s', (host) => {
    expect(egressTo(host, 80)).toBeUndefined();
  });

  it('is every port where none is given', () => {
    expect(egressTo('192.0.2.7', undefined)).not.toHaveProperty('ports');
  });

  it.each([
    ['https://api.example/v1', 443],
    ['http://api.example:11434/v1', 11434],
    ['nats://192.0.2.7', 4222],
    ['http://api.example', 80],
  ])('is the port of a URL for %s', (url, port) => {
    expect(egressToUrl(url)?.ports).toEqual([{ port, protocol: 'TCP' }]);
  });

  it('is nothing for a text that is no URL', () => {
    expect(egressToUrl('nowhere')).toBeUndefined();
  });
});
