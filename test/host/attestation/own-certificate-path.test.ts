// SPDX-License-Identifier: Apache-2.0
import * as asn1js from 'asn1js';
import * as fc from 'fast-check';
import * as pkijs from 'pkijs';
import { describe, expect, it } from 'vitest';
import { validateCertificatePath } from '../../../host/attestation/certificate-path.ts';
import {
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { signatureToDer } from '../../../protocol/crypto/signature-der.ts';
import { type PathVerdict, pathVerdict, softwareSigner } from '../../support/certificates.ts';

const at = new Date();
const root = await createRootCa({ signer: softwareSigner(), name: 'BSIM root', at });
const issuing = await createIssuingCa(root, { signer: softwareSigner(), name: 'BSIM CA', at });
const card = softwareSigner();
const { certificate, cardSerial } = await issueAttestationCertificate(issuing, {
  publicKey: card.publicKey,
  at,
});
const chain = [certificate, issuing.certificate];

describe('a certificate path of our own authorities', () => {
  it('is validated to the root', async () => {
    expect(await validateCertificatePath(chain, [root.certificate], at)).toEqual({
      publicKey: card.publicKey,
      cardSerial,
      issuer: 'BSIM CA',
      trustAnchor: root.certificate,
    });
  });

  it('is validated to an issuing authority that is trusted itself', async () => {
    const path = await validateCertificatePath(chain, [issuing.certificate], at);
    expect(path.trustAnchor).toEqual(issuing.certificate);
  });

  it('is validated to one of two roots of the same name', async () => {
    const old = await createRootCa({ signer: softwareSigner(), name: 'BSIM root', at });
    const path = await validateCertificatePath(chain, [old.certificate, root.certificate], at);
    expect(path.trustAnchor).toEqual(root.certificate);
  });

  it.each<[string, PathVerdict, (leaf: pkijs.Certificate) => void]>([
    [
      'with an extension twice',
      'duplicate-extension',
      ({ extensions = [] }) => extensions.push(...extensions),
    ],
    [
      'with another algorithm inside than outside',
      'bad-algorithm',
      (leaf) => {
        leaf.signature = new pkijs.AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.3' });
      },
    ],
    [
      'with an end that is no time',
      'malformed',
      ({ notAfter }) => {
        notAfter.toSchema = () => new asn1js.GeneralizedTime({ valueHex: utf8('99991231235959.5Z') });
      },
    ],
  ])('is refused %s, though its issuer signed it', async (_title, verdict, change) => {
    const leaf = new pkijs.Certificate({ schema: asn1js.fromBER(certificate).result });
    change(leaf);
    leaf.tbsView = new Uint8Array(leaf.encodeTBS().toBER());
    const signature = signatureToDer(await issuing.signer.sign(leaf.tbsView));
    leaf.signatureValue = new asn1js.BitString({ valueHex: signature });
    const changed = new Uint8Array(leaf.toSchema().toBER());
    expect(await pathVerdict([changed, issuing.certificate], [root.certificate], at)).toBe(verdict);
  });

  it('is refused without trust anchors', async () => {
    expect(await pathVerdict(chain, [], at)).toBe('no-trust-anchor');
  });

  it('is refused at a time that is none', async () => {
    expect(await pathVerdict(chain, [root.certificate], new Date(Number.NaN))).toBe('not-yet-valid');
  });

  it('is refused with any one byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(certificate.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (place, difference) => {
          const changed = certificate.map((byte, i) => (i === place ? byte ^ difference : byte));
          expect(await pathVerdict([changed, issuing.certificate], [root.certificate], at)).not.toBe(
            'accepted',
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused with its own error whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await pathVerdict([bytes, issuing.certificate], [root.certificate], at)).toBe('malformed');
      }),
      { numRuns: 200 },
    );
  });
});
