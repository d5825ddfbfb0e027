// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import {
  type CardCurve,
  cardPublicKeyToSpki,
  parseCardPublicKey,
} from '../../../protocol/crypto/card-curve.ts';
import { type CardHash, cardHash } from '../../../protocol/crypto/card-hash.ts';
import { cardEcdsaCurves } from '../../../protocol/crypto/ec.ts';
import { sm2UserDigest, sm2Verify } from '../../../protocol/crypto/sm2.ts';
import { independentOrders, opensslNames } from '../../conformance/independent-signature.ts';
import { hold } from './outcome.ts';

/** Most that is remembered of each kind, so that a long run does not fill the memory. */
const REMEMBERED = 4000;

function remembered<Value>(cache: Map<string, Value>, name: string, make: () => Value): Value {
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (cache.size > REMEMBERED) cache.clear();
  const made = make();
  cache.set(name, made);
  return made;
}

const keyObjects = new Map<string, KeyObject>();
const verdicts = new Map<string, boolean>();
const digests = new Map<string, Uint8Array>();
const messages = new Map<string, Uint8Array>();
const secrets = new Map<string, Uint8Array>();

const opensslHashes: Partial<Readonly<Record<CardHash, 'sha256' | 'sha512'>>> = {
  'SHA-256': 'sha256',
  'SHA-512': 'sha512',
};

/** The digest of a message, of which {@link holdSignature} then knows the message. */
export function digestOf(hash: CardHash, message: Uint8Array, smPoint?: string): Uint8Array {
  return remembered(digests, `${hash}/${smPoint ?? ''}/${toHex(message)}`, () => {
    const prefix = smPoint === undefined ? new Uint8Array(0) : sm2UserDigest(fromHex(smPoint));
    const digest = cardHash(hash, concat(prefix, message));
    if (opensslHashes[hash] !== undefined) remembered(messages, `${hash}/${toHex(digest)}`, () => message);
    return digest;
  });
}

/** Throws {@link Finding} unless the signature is one of the key over the digest, or over the message on Ed25519. */
export function holdSignature(
  curve: CardCurve,
  point: string,
  hash: CardHash | undefined,
  signed: Uint8Array,
  signature: Uint8Array,
): void {
  const name = `${curve}/${point}/${hash}/${toHex(signed)}/${toHex(signature)}`;
  const isRight = remembered(verdicts, name, () => isSignature(curve, point, hash, signed, signature));
  hold(isRight, `signature on ${curve}: found one that does not hold, expected one of ${point}`);
}

function isSignature(
  curve: CardCurve,
  point: string,
  hash: CardHash | undefined,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false;
  const key = remembered(keyObjects, `${curve}/${point}`, () =>
    createPublicKey({
      key: Buffer.from(cardPublicKeyToSpki(parseCardPublicKey(curve, fromHex(point)))),
      format: 'der',
      type: 'spki',
    }),
  );
  if (curve === 'Ed25519') return verify(null, signed, key, signature);
  if (curve === 'SM2') return sm2Verify(parseCardPublicKey(curve, fromHex(point)).bytes, signed, signature);
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  if (s > independentOrders[curve] >> 1n) return false;
  const openssl = hash && opensslHashes[hash];
  const message = messages.get(`${hash}/${toHex(signed)}`);
  if (openssl !== undefined && message !== undefined)
    return verify(openssl, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  return cardEcdsaCurves[curve].verify(signature, signed, fromHex(point), { prehash: false, lowS: true });
}

/** Whether 65 bytes are a point of the curve, by OpenSSL. */
export function sharedSecret(
  curve: 'P-256' | 'secp256k1' | 'brainpoolP256r1',
  peerSecret: Uint8Array,
  point: string,
): Uint8Array {
  return remembered(secrets, `${curve}/${toHex(peerSecret)}/${point}`, () => {
    const own = createECDH(opensslNames[curve]);
    own.setPrivateKey(peerSecret);
    return new Uint8Array(own.computeSecret(fromHex(point)));
  });
}

/** Public point of a private key, in hexadecimal, by OpenSSL. */
export function pointOf(curve: 'P-256' | 'secp256k1' | 'brainpoolP256r1', secret: Uint8Array): string {
  const own = createECDH(opensslNames[curve]);
  own.setPrivateKey(secret);
  return own.getPublicKey('hex', 'uncompressed');
}

/** 32 bytes of the X9.63 KDF with SHA-256. Source: SEC 1 v2.0 §3.6.1. */
export const derivedSecret = (shared: Uint8Array, sharedInfo: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(shared)
      .update(Uint8Array.of(0, 0, 0, 1))
      .update(sharedInfo)
      .digest(),
  );
