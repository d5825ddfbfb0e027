// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { base64 } from '@scure/base';
import { concat, fromHex } from '../bytes.ts';
import type { CborMap, CborValue } from '../cbor.ts';
import { ProtocolError } from '../errors.ts';
import { type CardHash, cardHash } from './card-hash.ts';
import { type Curve, curves, SIGNATURE_LENGTH } from './curve.ts';
import { cardEcdsaCurves, weierstrassPoints } from './ec.ts';
import { holdsEd25519, isStrictEd25519 } from './ed25519-verify.ts';
import { sm2UserDigest, sm2Verify } from './sm2.ts';

/** A curve that a card may hold keys on: those that transactions are signed with, and two that only documents are. */
export type CardCurve = Curve | 'SM2' | 'brainpoolP256r1';

/** Facts of one curve of a card. */
export type CardCurveFacts = {
  /** Algorithm byte on the card. */
  readonly algorithmId: number;
  /** COSE key type, label 1. Source: RFC 9053 §7 (OKP 1, EC2 2). */
  readonly coseKeyType: number;
  /** COSE curve, label -1. */
  readonly coseCurve: number;
  /** What is signed: a digest, or the message itself (PureEdDSA). */
  readonly signs: 'digest' | 'message';
  /** The hash that is used where none is named; Ed25519 hashes by its own rules. */
  readonly hash: CardHash;
  /** Length of a public key as the card gives it: 04 ‖ X ‖ Y, or the Ed25519 key. */
  readonly pointLength: 65 | 32;
};

const ofTransactions = (curve: Curve): CardCurveFacts => {
  const { algorithmId, coseKeyType, coseCurve, signs } = curves[curve];
  return {
    algorithmId,
    coseKeyType,
    coseCurve,
    signs,
    hash: 'SHA-256',
    pointLength: curve === 'Ed25519' ? 32 : 65,
  };
};

/** Every curve of a card, in the order of their algorithm bytes. */
export const cardCurves: Readonly<Record<CardCurve, CardCurveFacts>> = {
  'P-256': ofTransactions('P-256'),
  secp256k1: ofTransactions('secp256k1'),
  Ed25519: ofTransactions('Ed25519'),
  // No curve is registered for SM2; numbers below -65536 are for private use. Source: IANA, "COSE Elliptic Curves".
  SM2: {
    algorithmId: 0x04,
    coseKeyType: 2,
    coseCurve: -65537,
    signs: 'digest',
    hash: 'SM3',
    pointLength: 65,
  },
  // COSE curve 256. Source: IANA, "COSE Elliptic Curves".
  brainpoolP256r1: {
    algorithmId: 0x05,
    coseKeyType: 2,
    coseCurve: 256,
    signs: 'digest',
    hash: 'SHA-256',
    pointLength: 65,
  },
};

/** Names of all curves of a card. */
export const cardCurveNames = Object.keys(cardCurves) as readonly CardCurve[];

/** The curve of a card's algorithm byte, or undefined. */
export const cardCurveOfAlgorithmId = (id: number): CardCurve | undefined =>
  cardCurveNames.find((name) => cardCurves[name].algorithmId === id);

/** Whether transactions can be signed on the curve. */
export const isTransactionCurve = (curve: CardCurve): curve is Curve => Object.hasOwn(curves, curve);

/**
 * A public key of a card: the compressed point (33 bytes, SEC 1 §2.3.3), or the Ed25519 key (32 bytes, RFC 8032
 * §5.1.2). Made by {@link parseCardPublicKey}, which validates; every `PublicKey` is one.
 */
export type CardPublicKey<C extends CardCurve = CardCurve> = {
  readonly curve: C;
  readonly bytes: Uint8Array;
};

/**
 * A valid public key from a compressed or uncompressed point, or an Ed25519 key. Refuses what is not on the curve,
 * the point at infinity, coordinates ≥ p and, on Ed25519, points of small order. Throws `protocol/bad-key`.
 */
export function parseCardPublicKey<C extends CardCurve>(curve: C, bytes: Uint8Array): CardPublicKey<C> {
  const refused = (reason: string, cause?: unknown): ProtocolError<'protocol/bad-key'> =>
    new ProtocolError(
      'protocol/bad-key',
      `public key not read: found ${bytes.length} bytes that are not a point of ${curve}`,
      { curve, reason },
      { cause },
    );
  let compact: Uint8Array | undefined;
  try {
    compact = decodePoint(curve, bytes);
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (compact === undefined) throw refused('a point of small order');
  return { curve, bytes: compact };
}

/** Undefined for a point of small order; throws what the library throws for what is no point. */
function decodePoint(curve: CardCurve, bytes: Uint8Array): Uint8Array | undefined {
  if (curve !== 'Ed25519') return weierstrassPoints[curve].fromBytes(bytes).toBytes(true);
  const point = ed25519.Point.fromBytes(bytes, false);
  return point.isSmallOrder() ? undefined : point.toBytes();
}

/** The point as 04 ‖ X ‖ Y (65 bytes, SEC 1 §2.3.3); an Ed25519 key stays as it is. */
export function uncompressedCardPublicKey(key: CardPublicKey): Uint8Array {
  if (key.curve === 'Ed25519') return key.bytes;
  return weierstrassPoints[key.curve].fromBytes(key.bytes).toBytes(false);
}

/** The key as a COSE_Key map with a compressed point. Source: RFC 9053 §7.1.1 (y as sign bit), §7.2. */
export function cardPublicKeyToCose(key: CardPublicKey): CborMap {
  const facts = cardCurves[key.curve];
  const map = new Map<number | string, CborValue>([
    [1, facts.coseKeyType],
    [-1, facts.coseCurve],
  ]);
  if (key.curve === 'Ed25519') return map.set(-2, key.bytes);
  return map.set(-2, key.bytes.subarray(1)).set(-3, key.bytes[0] === 3);
}

/** DER SubjectPublicKeyInfo of a key, as OpenSSL reads it. Source: RFC 5480 §2, RFC 8410 §4; RFC 5639 §4.1 (brainpool), GM/T 0006 (SM2). */
export function cardPublicKeyToSpki(key: CardPublicKey): Uint8Array {
  return concat(spkiPrefix[key.curve], uncompressedCardPublicKey(key));
}

/** {@link cardPublicKeyToSpki} in PEM, lines of 64 characters. Source: RFC 7468 §13. */
export function cardPublicKeyToPem(key: CardPublicKey): string {
  const text = base64.encode(cardPublicKeyToSpki(key));
  const lines = text.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}

/** How a message was signed. */
export type CardSignatureOptions = {
  /** The hash of the message; that of the curve's facts where left out. Ed25519 takes no notice of it. */
  readonly hash?: CardHash;
};

/**
 * Says whether a signature of `message` by `key` is valid; portable code. Never throws: what is not valid is `false`.
 * ECDSA is over the leftmost 256 bits of the digest, with the rule of low s of `verifySignature`; Ed25519 is as there.
 * SM2 is with the user id 1234567812345678, and with SM3 only.
 */
export function verifyCardSignature(
  { curve, bytes }: CardPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options: CardSignatureOptions = {},
): boolean {
  const { hash = cardCurves[curve].hash } = options;
  const keyLength = curve === 'Ed25519' ? 32 : 33;
  if (signature.length !== SIGNATURE_LENGTH || bytes.length !== keyLength) return false;
  try {
    if (curve === 'Ed25519')
      return isStrictEd25519(bytes, signature) && holdsEd25519(bytes, message, signature);
    if (curve !== 'SM2')
      return cardEcdsaCurves[curve].verify(signature, cardHash(hash, message), bytes, {
        prehash: false,
        lowS: true,
      });
    if (hash !== 'SM3') return false;
    const userDigest = sm2UserDigest(uncompressedCardPublicKey({ curve, bytes }));
    return sm2Verify(bytes, cardHash(hash, concat(userDigest, message)), signature);
  } catch {
    // A key that no parse has checked, or no signature in form; the verdict is the same: not valid.
    return false;
  }
}

// Fixed DER headers: SEQUENCE { AlgorithmIdentifier, BIT STRING of the key }.
const spkiPrefix: Readonly<Record<CardCurve, Uint8Array>> = {
  'P-256': fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
  secp256k1: fromHex('3056301006072a8648ce3d020106052b8104000a034200'),
  Ed25519: fromHex('302a300506032b6570032100'),
  SM2: fromHex('3059301306072a8648ce3d020106082a811ccf5501822d034200'),
  brainpoolP256r1: fromHex('305a301406072a8648ce3d020106092b2403030208010107034200'),
};
