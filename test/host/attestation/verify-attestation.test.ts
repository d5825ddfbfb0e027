// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { Sign1 as IndependentSign1 } from '@auth0/cose';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProgress } from '../../../host/attestation/check-progress.ts';
import { AttestationError } from '../../../host/attestation/errors.ts';
import {
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import {
  type ExpectedAttestation,
  type VerifiedAttestation,
  verifyAttestation,
} from '../../../host/attestation/verify-attestation.ts';
import { ATTESTATION_TYPE, type Attestation, encodeAttestation } from '../../../protocol/attestation.ts';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { decodeSign1, encodeSign1 } from '../../../protocol/cose.ts';
import { parsePublicKey, publicKeyToPem } from '../../../protocol/crypto/public-key.ts';
import { groupOrders } from '../../../protocol/crypto/verify.ts';
import {
  encodeLogEntry,
  LOG_START,
  type LogEntry,
  nextLogHead,
  type SecurityLog,
} from '../../../protocol/security-log.ts';
import { type Signer, signSign1 } from '../../../protocol/signer.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../../src/chain/crypto/node-signer.ts';
import { softwareSigner } from '../../support/certificates.ts';

const at = new Date();
const root = await createRootCa({ signer: softwareSigner(), name: 'BSIM root', at });
const issuing = await createIssuingCa(root, { signer: softwareSigner(), name: 'BSIM CA', at });
const card = softwareSigner();
const { certificate, cardSerial } = await issueAttestationCertificate(issuing, {
  publicKey: card.publicKey,
  at,
});

/** A log of that many events. */
function logOf(events: readonly number[]): { readonly log: SecurityLog; readonly head: Uint8Array } {
  const entries = events.map((event, i): LogEntry => {
    return { sequence: i + 1, event, reference: 0, detail: 0, hashPrefix: new Uint8Array(8) };
  });
  const head = entries.reduce((before, entry) => nextLogHead(before, encodeLogEntry(entry)), LOG_START);
  return { log: { base: LOG_START, entries }, head };
}

const { log, head } = logOf([1, 2, 7, 0x0f]);
const challenge = fromHex('000102030405060708090a0b0c0d0e0f');
const walletKey = softwareSigner().publicKey;
const statement: Attestation = {
  challenge,
  key: walletKey,
  reference: 2,
  role: 'wallet',
  path: [0x8000_002c, 1],
  usage: 0x03,
  policy: fromHex('800106'),
  origin: 'generated',
  signatures: 5n,
  log: { sequence: 4n, head },
  applicationVersion: fromHex('0200'),
};

const signed = (content: Attestation = statement, signer: Signer = card): Promise<Uint8Array> =>
  signSign1(signer, ATTESTATION_TYPE, encodeAttestation(content));
const attestation = await signed();
const given = {
  attestation,
  chain: [certificate, issuing.certificate],
  trustAnchors: [root.certificate],
  challenge,
  at,
};
const refusal = (what: string, details: object = {}) => ({
  code: `attestation/${what}`,
  details: expect.objectContaining(details),
});

describe('an attestation of a certified card', () => {
  it('is verified, and says who made it', async () => {
    const verified = await verifyAttestation(given);
    expect(verified).toEqual({
      attestation: statement,
      attestationKey: card.publicKey,
      cardSerial,
      issuer: 'BSIM CA',
      trustAnchor: root.certificate,
    } satisfies VerifiedAttestation);
  });

  it('is verified by @auth0/cose with the key that node:crypto finds in the certificate', async () => {
    const read = IndependentSign1.decode(attestation);
    await read.verify(new X509Certificate(certificate).publicKey);
    expect(toHex(read.payload)).toBe(toHex(encodeAttestation(statement)));
    await expect(read.verify(createPublicKey(publicKeyToPem(walletKey)))).rejects.toThrow();
  });

  it('made by @auth0/cose is verified here', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    const other = await issueAttestationCertificate(issuing, {
      publicKey: parsePublicKey('P-256', new Uint8Array(point)),
      at,
    });
    const headers = new Map<number, unknown>([
      [1, -7],
      [16, ATTESTATION_TYPE],
    ]);
    const made = await IndependentSign1.sign(
      headers as never,
      undefined,
      encodeAttestation(statement),
      privateKey as never,
    );
    // It signs with a high s half of the time, which we refuse; the mirrored s is as good a signature.
    const message = decodeSign1(new Uint8Array(made.encode()), ATTESTATION_TYPE);
    const low = encodeSign1({ ...message, signature: withS(message.signature, 'low') });
    const verified = await verifyAttestation({
      ...given,
      attestation: low,
      chain: [other.certificate, issuing.certificate],
    });
    expect(verified.cardSerial).toBe(other.cardSerial);
  });

  it('is refused with its s mirrored to the high half', async () => {
    const message = decodeSign1(attestation, ATTESTATION_TYPE);
    const high = encodeSign1({ ...message, signature: withS(message.signature, 'high') });
    await expect(verifyAttestation({ ...given, attestation: high })).rejects.toMatchObject(
      refusal('bad-signature', { serial: cardSerial }),
    );
  });

  it('is refused when another key signed it', async () => {
    const forged = await signed(statement, softwareSigner());
    await expect(verifyAttestation({ ...given, attestation: forged })).rejects.toMatchObject(
      refusal('bad-signature'),
    );
  });

  it("is refused under another card's certificate", async () => {
    const other = await issueAttestationCertificate(issuing, { publicKey: softwareSigner().publicKey, at });
    const chain = [other.certificate, issuing.certificate];
    await expect(verifyAttestation({ ...given, chain })).rejects.toMatchObject(refusal('bad-signature'));
  });

  it('is refused under a root that is not trusted, whoever signed it', async () => {
    const stranger = await createRootCa({ signer: softwareSigner(), name: 'stranger', at });
    await expect(verifyAttestation({ ...given, trustAnchors: [stranger.certificate] })).rejects.toMatchObject(
      refusal('bad-chain', { fault: 'no-trust-anchor', position: 1 }),
    );
  });

  it('is refused before its certificates are valid', async () => {
    const early = new Date(at.getTime() - 2 * 24 * 60 * 60 * 1000);
    await expect(verifyAttestation({ ...given, at: early })).rejects.toMatchObject(
      refusal('bad-chain', { fault: 'not-yet-valid' }),
    );
  });

  it('is refused when it answers another challenge', async () => {
    const other = new Uint8Array(16);
    await expect(verifyAttestation({ ...given, challenge: other })).rejects.toMatchObject(
      refusal('wrong-challenge', { found: toHex(challenge), expected: toHex(other) }),
    );
  });

  it('is refused as a COSE_Sign1 of another type', async () => {
    const transaction = await signSign1(card, 'bsim-tx+cbor', encodeAttestation(statement));
    await expect(verifyAttestation({ ...given, attestation: transaction })).rejects.toMatchObject(
      refusal('malformed', { part: 'statement' }),
    );
  });

  it('is refused when signed with a key on another curve', async () => {
    const other = await signed(statement, signerOfPem(generatePrivateKeyPem('secp256k1')));
    await expect(verifyAttestation({ ...given, attestation: other })).rejects.toMatchObject(
      refusal('malformed', { part: 'statement' }),
    );
  });

  it('is refused with garbage behind it', async () => {
    const longer = concat(attestation, Uint8Array.of(0));
    await expect(verifyAttestation({ ...given, attestation: longer })).rejects.toMatchObject(
      refusal('malformed', { part: 'statement' }),
    );
  });

  it('is refused with any one byte changed, and with its own error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(attestation.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (place, difference) => {
          const changed = attestation.map((byte, i) => (i === place ? byte ^ difference : byte));
          const verdict = verifyAttestation({ ...given, attestation: changed });
          await expect(verdict).rejects.toBeInstanceOf(AttestationError);
        },
      ),
    );
  });

  it('is refused with its own error whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const verdict = verifyAttestation({ ...given, attestation: bytes });
        await expect(verdict).rejects.toMatchObject(refusal('malformed'));
      }),
    );
  });
});

describe('what is expected of an attestation', () => {
  it('is met by what it says', async () => {
    const { key, challenge: _, signatures, log: __, applicationVersion: ___, ...fields } = statement;
    const expected: ExpectedAttestation = {
      ...fields,
      publicKey: key,
      attestationKey: card.publicKey,
      cardSerial,
      minSignatures: signatures,
      log,
    };
    await expect(verifyAttestation({ ...given, expected })).resolves.toMatchObject({ cardSerial });
  });

  it.each<[string, ExpectedAttestation]>([
    ['cardSerial', { cardSerial: '0' }],
    ['attestationKey', { attestationKey: walletKey }],
    ['publicKey', { publicKey: card.publicKey }],
    ['reference', { reference: 3 }],
    ['path', { path: [] }],
    ['path', { path: [0x8000_002c] }],
    ['role', { role: 'identity' }],
    ['origin', { origin: 'imported' }],
    ['usage', { usage: 0x01 }],
    ['policy', { policy: new Uint8Array(0) }],
    ['signatures', { minSignatures: 6n }],
  ])('is not met: %s %o', async (field, expected) => {
    await expect(verifyAttestation({ ...given, expected })).rejects.toMatchObject(
      refusal('unexpected', { field }),
    );
  });

  it('is looked at only after the signature', async () => {
    const forged = await signed({ ...statement, reference: 9 }, softwareSigner());
    const expected = { reference: 2 };
    await expect(verifyAttestation({ ...given, attestation: forged, expected })).rejects.toMatchObject(
      refusal('bad-signature'),
    );
  });

  it.each<[string, SecurityLog]>([
    ['has another last entry', logOf([1, 2, 7, 9]).log],
    ['was cut at its end', { ...log, entries: log.entries.slice(0, 3) }],
    ['was cut at its beginning', { ...log, entries: log.entries.slice(1) }],
    ['lacks an entry', { ...log, entries: log.entries.filter(({ sequence }) => sequence !== 2) }],
    ['begins elsewhere', { ...log, base: new Uint8Array(32).fill(1) }],
  ])('is not met by a log that %s', async (_title, log) => {
    await expect(verifyAttestation({ ...given, expected: { log } })).rejects.toMatchObject(
      refusal('log-contradicts'),
    );
  });
});

describe('the progress from an earlier attestation', () => {
  const state = (change: Partial<Attestation>, attestationKey = card.publicKey) => ({
    attestation: { ...statement, ...change },
    attestationKey,
  });
  const later = state({});
  const stateOf = (events: readonly number[]) => ({
    sequence: BigInt(events.length),
    head: logOf(events).head,
  });

  it('is none, and is progress all the same', () => {
    expect(checkProgress(later, later, log)).toBe('continues');
  });

  it('goes through the earlier head', () => {
    const earlier = state({ signatures: 4n, log: stateOf([1, 2]) });
    expect(checkProgress(earlier, later, log)).toBe('continues');
    expect(checkProgress(earlier, later)).toBe('continues');
  });

  it('is checked as part of verifying', async () => {
    const earlier = await verifyAttestation(given);
    const older = await signed({ ...statement, signatures: 4n });
    await expect(
      verifyAttestation({ ...given, attestation: older, expected: { earlier } }),
    ).rejects.toMatchObject(refusal('rolled-back', { what: 'signatures' }));
  });

  it('cannot be told from a log that no longer reaches back', () => {
    const many = logOf(new Array<number>(100).fill(2));
    const base = logOf(new Array<number>(36).fill(2)).head;
    const kept = { base, entries: many.log.entries.slice(36) };
    const after = state({ log: { sequence: 100n, head: many.head } });
    expect(checkProgress(state({ log: stateOf([2]) }), after, kept)).toBe('too-old');
  });

  it('is told of a verified attestation only where a log shows it', async () => {
    const events = new Array<number>(100).fill(2);
    const whole = logOf(events);
    const kept = { base: logOf(events.slice(0, 36)).head, entries: whole.log.entries.slice(36) };
    const after = await signed({ ...statement, log: { sequence: 100n, head: whole.head } });
    const continuityFrom = async (count: number, shown?: SecurityLog) => {
      const before = await signed({ ...statement, log: stateOf(events.slice(0, count)) });
      const earlier = await verifyAttestation({ ...given, attestation: before });
      const expected = shown === undefined ? { earlier } : { earlier, log: shown };
      return (await verifyAttestation({ ...given, attestation: after, expected })).continuity;
    };
    expect(await continuityFrom(50, kept)).toBe('continues');
    expect(await continuityFrom(10, kept)).toBe('too-old');
    expect(await continuityFrom(10)).toBeUndefined();
  });

  it('is refused when the signature counter of the key fell', () => {
    expect(() => checkProgress(state({ signatures: 6n }), later)).toThrowError(
      expect.objectContaining(refusal('rolled-back', { what: 'signatures', earlier: '6', later: '5' })),
    );
  });

  it('takes no notice of the counter of another key', () => {
    const earlier = state({ signatures: 6n, key: softwareSigner().publicKey });
    expect(checkProgress(earlier, later)).toBe('continues');
  });

  it('is refused when the sequence of the log fell', () => {
    expect(() => checkProgress(state({ log: stateOf([1, 2, 7, 0x0f, 9]) }), later)).toThrowError(
      expect.objectContaining(refusal('rolled-back', { what: 'log', earlier: '5', later: '4' })),
    );
  });

  it('is refused when the head changed and the sequence did not', () => {
    expect(() => checkProgress(state({ log: stateOf([1, 2, 7, 9]) }), later)).toThrowError(
      expect.objectContaining(refusal('rolled-back', { what: 'log' })),
    );
  });

  it('is refused when the log was written anew', () => {
    expect(() => checkProgress(state({ log: stateOf([1, 3]) }), later, log)).toThrowError(
      expect.objectContaining(refusal('log-contradicts')),
    );
  });

  it('is refused between two cards', () => {
    expect(() => checkProgress(state({}, walletKey), later)).toThrowError(
      expect.objectContaining(refusal('unexpected', { field: 'attestationKey' })),
    );
  });
});

/** The signature with s in that half; both are valid by the arithmetic of ECDSA. */
function withS(signature: Uint8Array, half: 'low' | 'high'): Uint8Array {
  const order = groupOrders['P-256'];
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  const wanted = s > order / 2n === (half === 'high') ? s : order - s;
  return concat(signature.subarray(0, 32), fromHex(wanted.toString(16).padStart(64, '0')));
}
