// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ATTESTATION_NAME,
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import { publicKeyToPem } from '../../../protocol/crypto/public-key.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../../src/chain/crypto/node-signer.ts';
import { certificatePem, opensslAccepts, softwareSigner } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/cli.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

const at = new Date('2026-03-04T05:06:07.890Z');
const root = await createRootCa({ signer: softwareSigner(), name: 'BSIM root', at });
const authority = await createIssuingCa(root, { signer: softwareSigner(), name: 'BSIM CA', at });
const card = softwareSigner();
const { certificate, cardSerial } = await issueAttestationCertificate(authority, {
  publicKey: card.publicKey,
  at,
});
const chain = [certificate, authority.certificate];
const [leaf, issuing, top] = [...chain, root.certificate].map((der) => new X509Certificate(der)) as [
  X509Certificate,
  X509Certificate,
  X509Certificate,
];

/** Extensions and validity as OpenSSL prints them. */
function printed(der: Uint8Array, ...what: readonly string[]): string {
  writeFileSync(place.at('printed.pem'), certificatePem(der));
  const args = ['x509', '-in', place.at('printed.pem'), '-noout', ...what];
  return execFileSync('openssl', args, { encoding: 'utf8' });
}

describe('the certificates of an issuing authority', () => {
  it('are accepted by openssl verify with its strict checks', () => {
    expect(opensslAccepts(place.at, chain, [root.certificate], at)).toBe(true);
    expect(opensslAccepts(place.at, chain, [root.certificate], new Date('9999-12-31T23:59:58Z'))).toBe(true);
  });

  it('are accepted by node:crypto, link by link', () => {
    expect(leaf.checkIssued(issuing) && leaf.verify(issuing.publicKey)).toBe(true);
    expect(issuing.checkIssued(top) && issuing.verify(top.publicKey)).toBe(true);
    expect(top.checkIssued(top) && top.verify(top.publicKey)).toBe(true);
    expect([leaf.ca, issuing.ca, top.ca]).toEqual([false, true, true]);
  });

  it('are small enough to lie on a card', () => {
    expect(certificate.length).toBeLessThanOrEqual(420);
    expect(authority.certificate.length).toBeLessThanOrEqual(420);
  });

  it('have a positive serial number of 16 random bytes', () => {
    const serials = [leaf, issuing, top].map(({ serialNumber }) => serialNumber);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(serials).size).toBe(3);
  });
});

describe('the certificate of a card', () => {
  it('is for the key of the card', () => {
    expect(leaf.publicKey.equals(createPublicKey(publicKeyToPem(card.publicKey)))).toBe(true);
  });

  it('names the card by a random serial number', async () => {
    expect(cardSerial).toMatch(/^[0-9A-F]{16}$/);
    expect(leaf.subject).toBe(`CN=${ATTESTATION_NAME}\nserialNumber=${cardSerial}`);
    const other = await issueAttestationCertificate(authority, { publicKey: card.publicKey });
    expect(other.cardSerial).not.toBe(cardSerial);
  });

  it('has the profile of RFC 5280 for a key that signs and is no authority', () => {
    expect(printed(certificate, '-ext', 'keyUsage,basicConstraints')).toBe(
      'X509v3 Key Usage: critical\n    Digital Signature\nX509v3 Basic Constraints: critical\n    CA:FALSE\n',
    );
  });

  it('names the key of its issuer', () => {
    const identifier = (text: string): string | undefined => /([0-9A-F]{2}:){7}[0-9A-F]{2}/.exec(text)?.[0];
    const named = identifier(printed(certificate, '-ext', 'authorityKeyIdentifier'));
    expect(named).toBeDefined();
    expect(identifier(printed(authority.certificate, '-ext', 'subjectKeyIdentifier'))).toBe(named);
  });

  it('is valid from the beginning of its day and without a well-defined end', () => {
    expect(printed(certificate, '-startdate', '-enddate', '-dateopt', 'iso_8601')).toBe(
      'notBefore=2026-03-04 00:00:00Z\nnotAfter=9999-12-31 23:59:59Z\n',
    );
  });

  it('ends when it is told to, also in the year where the form of time changes', async () => {
    const validity = { at, notAfter: new Date('2049-12-31T23:59:59Z') };
    const { certificate } = await issueAttestationCertificate(authority, {
      publicKey: card.publicKey,
      ...validity,
    });
    expect(printed(certificate, '-enddate', '-dateopt', 'iso_8601')).toBe('notAfter=2049-12-31 23:59:59Z\n');
  });
});

describe('the certificates of authorities', () => {
  it('sign certificates, and an issuing one no other authority', () => {
    const profile = (pathLength: number): string =>
      `X509v3 Key Usage: critical\n    Certificate Sign, CRL Sign\nX509v3 Basic Constraints: critical\n    CA:TRUE, pathlen:${pathLength}\n`;
    expect(printed(root.certificate, '-ext', 'keyUsage,basicConstraints')).toBe(profile(1));
    expect(printed(authority.certificate, '-ext', 'keyUsage,basicConstraints')).toBe(profile(0));
  });

  it('take a name in any script', async () => {
    const named = await createRootCa({ signer: softwareSigner(), name: 'Größe 電信' });
    expect(new X509Certificate(named.certificate).subject).toBe('CN=Größe 電信');
  });

  it.each(['', 'a\nb', 'x'.repeat(65)])('refuse the name %j', async (name) => {
    await expect(createRootCa({ signer: softwareSigner(), name })).rejects.toMatchObject({
      code: 'attestation/bad-authority',
    });
  });
});

describe('issuing is refused', () => {
  const refused = { code: 'attestation/bad-authority' };
  const { publicKey } = card;

  it('with the key of another authority', async () => {
    const mixed = { certificate: authority.certificate, signer: softwareSigner() };
    await expect(issueAttestationCertificate(mixed, { publicKey })).rejects.toMatchObject(refused);
  });

  it("with a card's certificate in the place of an authority's", async () => {
    const own = { certificate, signer: card };
    await expect(issueAttestationCertificate(own, { publicKey })).rejects.toMatchObject(refused);
  });

  it.each(['secp256k1', 'Ed25519'] as const)('for a key on %s', async (curve) => {
    const signer = signerOfPem(generatePrivateKeyPem(curve));
    await expect(
      issueAttestationCertificate(authority, { publicKey: signer.publicKey }),
    ).rejects.toMatchObject(refused);
    await expect(createRootCa({ signer, name: 'root' })).rejects.toMatchObject(refused);
  });

  it('for a serial number of a card with other characters', async () => {
    const card = { publicKey, cardSerial: 'a*b' };
    await expect(issueAttestationCertificate(authority, card)).rejects.toMatchObject(refused);
  });

  it('with an end before its beginning', async () => {
    const card = { publicKey, at, notAfter: new Date('2026-03-03T00:00:00Z') };
    await expect(issueAttestationCertificate(authority, card)).rejects.toMatchObject(refused);
  });
});
