import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate, serverIdentity } from './certificate.ts';

describe('serverIdentity', () => {
  const { ca, server } = serverIdentity(['localhost', '127.0.0.1']);
  const certificate = new X509Certificate(server.certificate);
  const authority = new X509Certificate(ca);

  it('has a certificate that its CA vouches for, for the hosts that were asked', () => {
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('elsewhere.example')).toBeUndefined();
  });

  it('tells the CA from the server', () => {
    expect(authority.ca).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('is valid past 2050 when it is made late', () => {
    const late = new X509Certificate(
      makeCertificate({ commonName: 'late', hosts: [] }, undefined, new Date('2049-06-01')).certificate,
    );
    expect(late.validToDate.getUTCFullYear()).toBe(2059);
  });
});
