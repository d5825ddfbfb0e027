// SPDX-License-Identifier: Apache-2.0
import { type KeyObject, verify } from 'node:crypto';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import type { PublicKey } from '../../../protocol/crypto/public-key.ts';
import { isStrictSignature, type VerifySignature } from '../../../protocol/crypto/verify.ts';
import { keyObjectOf } from './key-object.ts';

/** As {@link VerifySignature}, with a key that node:crypto already holds, on another thread. */
export type VerifyAside = (
  key: PublicKey,
  keyObject: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>;

/** Verifies with node:crypto (OpenSSL) and gives the verdict of the portable code on every input. */
export const nodeVerifySignature: VerifySignature = (key, message, signature) => {
  if (!isStrictSignature(key, signature)) return false;
  try {
    const options = { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' } as const;
    return verify(digests[key.curve], message, options, signature);
  } catch {
    // A key that no parse has checked; the verdict on it is the same: not valid.
    return false;
  }
};

/** {@link nodeVerifySignature} in the thread pool of Node, so that the event loop is free meanwhile. */
export const nodeVerifyAside: VerifyAside = (key, keyObject, message, signature) =>
  new Promise((resolve, reject) => {
    if (!isStrictSignature(key, signature)) return resolve(false);
    const options = { key: keyObject, dsaEncoding: 'ieee-p1363' } as const;
    verify(digests[key.curve], message, options, signature, (error, valid) => {
      if (error) reject(error);
      else resolve(valid);
    });
  });

/** Digest that node:crypto takes before it verifies; none for PureEdDSA. */
const digests: Readonly<Record<Curve, string | undefined>> = {
  'P-256': 'sha256',
  secp256k1: 'sha256',
  Ed25519: undefined,
};
