// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from './bytes.ts';
import { asArray, asBytes, asMap, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
import { type Curve, curveNames, curves, SIGNATURE_LENGTH } from './crypto/curve.ts';
import { ProtocolError } from './errors.ts';

/**
 * A COSE_Sign1 of the profile used here: protected header exactly {1: alg, 16: typ}, unprotected header empty,
 * payload attached, 64-byte signature. `typ` tells transactions, headers and statements apart, so that a signature
 * of one never serves as another. Source: RFC 9052 §4.2; RFC 9596 §2 (typ, label 16).
 */
export type Sign1 = {
  readonly curve: Curve;
  readonly type: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
};

/** COSE_Sign1 tag 18 in one byte. Source: RFC 9052 §2, table 1. */
const SIGN1_TAG = 0xd2;
const LABEL_ALG = 1;
const LABEL_TYP = 16;

/**
 * The bytes that the signer signs: Sig_structure ["Signature1", protected, external_aad = h'', payload].
 * Source: RFC 9052 §4.4.
 */
export const toBeSigned = (curve: Curve, type: string, payload: Uint8Array): Uint8Array =>
  encodeCbor(['Signature1', protectedHeader(curve, type), new Uint8Array(0), payload]);

/** SHA-256 of {@link toBeSigned}: what an ECDSA key signs and what names the content, whoever encodes it. */
export const toBeSignedHash = (curve: Curve, type: string, payload: Uint8Array): Uint8Array =>
  sha256(toBeSigned(curve, type, payload));

/** Bytes of the tagged COSE_Sign1. */
export const encodeSign1 = (message: Sign1): Uint8Array =>
  concat(
    Uint8Array.of(SIGN1_TAG),
    encodeCbor([
      protectedHeader(message.curve, message.type),
      new Map(),
      message.payload,
      message.signature,
    ] as CborValue[]),
  );

/**
 * A COSE_Sign1 of one of the given types; nothing is verified but the form.
 * Throws `protocol/bad-cose` or `protocol/bad-cbor`.
 */
export function decodeSign1(bytes: Uint8Array, type: string): Sign1 {
  if (bytes[0] !== SIGN1_TAG) throw badCose('no COSE_Sign1 tag (18)');
  const parts = asArray(decodeCbor(bytes.subarray(1)), 'COSE_Sign1');
  if (parts.length !== 4) throw badCose(`${parts.length} elements, expected 4`);
  const header = asMap(decodeCbor(asBytes(parts[0], 'protected header')), 'protected header', [
    LABEL_ALG,
    LABEL_TYP,
  ]);
  asMap(parts[1], 'unprotected header', []);
  const curve = curveNames.find((name) => curves[name].coseAlgorithm === header.get(LABEL_ALG));
  if (curve === undefined)
    throw badCose(`algorithm ${String(header.get(LABEL_ALG))}, expected -7, -8 or -47`);
  if (header.get(LABEL_TYP) !== type) throw badCose(`typ ${String(header.get(LABEL_TYP))}, expected ${type}`);
  return {
    curve,
    type,
    payload: asBytes(parts[2], 'payload'),
    signature: asBytes(parts[3], 'signature', SIGNATURE_LENGTH),
  };
}

const protectedHeader = (curve: Curve, type: string): Uint8Array =>
  encodeCbor(
    new Map<number, CborValue>([
      [LABEL_ALG, curves[curve].coseAlgorithm],
      [LABEL_TYP, type],
    ]),
  );

function badCose(reason: string): ProtocolError {
  return new ProtocolError('protocol/bad-cose', `COSE_Sign1 not read: found ${reason}`, { reason });
}
