// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttestationError } from '../../../host/attestation/errors.ts';
import {
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import { joinCertificates, splitCertificates } from '../../../host/attestation/stored-chain.ts';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { CERTIFICATES_MAX } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import { softwareSigner } from '../../support/certificates.ts';

const root = await createRootCa({ signer: softwareSigner(), name: 'BSIM root' });
const issuing = await createIssuingCa(root, { signer: softwareSigner(), name: 'BSIM CA' });
const { publicKey } = softwareSigner();
const { certificate } = await issueAttestationCertificate(issuing, { publicKey });
const chain = [certificate, issuing.certificate];
const malformed = expect.objectContaining({ code: 'attestation/malformed' });

describe('the certificates that a card stores', () => {
  it('lie one behind the other, the leaf first, each as node:crypto reads it', () => {
    const stored = joinCertificates(chain);
    expect(stored.length).toBeLessThan(CERTIFICATES_MAX);
    const [first, second] = splitCertificates(stored).map((der) => new X509Certificate(der));
    expect(first?.checkIssued(second as X509Certificate)).toBe(true);
    expect(splitCertificates(stored).map(toHex)).toEqual(chain.map(toHex));
  });

  it('may be none', () => {
    expect(joinCertificates([])).toEqual(new Uint8Array(0));
    expect(splitCertificates(new Uint8Array(0))).toEqual([]);
  });

  it.each([
    ['the last byte missing', certificate.slice(0, -1)],
    ['a byte behind', concat(certificate, Uint8Array.of(0x30))],
    ['another object', fromHex('0500')],
    ['an indefinite length', fromHex('30800000')],
    ['a length longer than needed', fromHex('308101ff')],
    ['a length of three bytes', fromHex('3083010000')],
    ['a tag alone', fromHex('30')],
  ])('are refused with %s', (_title, bytes) => {
    expect(() => splitCertificates(concat(certificate, bytes))).toThrowError(malformed);
    expect(() => splitCertificates(bytes)).toThrowError(malformed);
  });

  it.each([
    ['no DER', fromHex('300301010100')],
    ['a boolean of 01', fromHex('3003010101')],
    ['an integer with a needless byte', fromHex('300402020001')],
    ['an integer without bytes', fromHex('30020200')],
    ['a bit string with unused bits set', fromHex('3004030207ff')],
    ['a bit string of no bytes', fromHex('30020300')],
    ['a time without seconds', fromHex('300d170b323630313031303030305a')],
    ['a tag of two bytes', fromHex('30041f810100')],
    ['nesting without end', fromHex(nested(17))],
  ])('are not joined with %s', (_title, bytes) => {
    expect(() => joinCertificates([bytes])).toThrowError(malformed);
  });

  it('are split from any bytes and join to the same, or refused with their own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          expect(toHex(concat(...splitCertificates(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AttestationError);
        }
      }),
    );
  });
});

function nested(depth: number): string {
  const inner = depth === 0 ? '' : nested(depth - 1);
  return `30${(inner.length / 2).toString(16).padStart(2, '0')}${inner}`;
}
