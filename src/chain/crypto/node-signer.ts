// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { concat } from '../../../protocol/bytes.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { parsePublicKey } from '../../../protocol/crypto/public-key.ts';
import { groupOrders } from '../../../protocol/crypto/verify.ts';
import type { Signer } from '../../../protocol/signer.ts';
import { ChainError } from '../errors.ts';

/** PKCS#8 PEM of a new private key. Source: RFC 5958 §2, RFC 7468 §10. */
export function generatePrivateKeyPem(curve: Curve): string {
  const { privateKey } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: curve === 'P-256' ? 'prime256v1' : curve });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Signs with the private key of a PKCS#8 PEM. Throws `chain/bad-producer-key`; the key is in no message. */
export function signerOfPem(pem: string): Signer {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // The cause could quote the file.
    throw badKey('a text that is not the PEM of a private key');
  }
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const coordinates = concat(...[x, y].map((text) => Buffer.from(text ?? '', 'base64url')));
  if (kty === 'OKP' && crv === 'Ed25519') {
    const publicKey = parsePublicKey(crv, coordinates);
    return { publicKey, sign: async (message) => new Uint8Array(sign(null, message, key)) };
  }
  if (crv !== 'P-256' && crv !== 'secp256k1')
    throw badKey(`a key of ${kty ?? 'unknown type'} ${crv ?? ''}`.trim());
  const publicKey = parsePublicKey(crv, concat(Uint8Array.of(4), coordinates));
  return {
    publicKey,
    sign: async (message) =>
      lowS(crv, new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))),
  };
}

/** The signature with s or n - s, whichever is at most n/2; both verify, only the low one is accepted here. */
function lowS(curve: 'P-256' | 'secp256k1', signature: Uint8Array): Uint8Array {
  const order = groupOrders[curve];
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  if (s > order >> 1n) signature.set(Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'), 32);
  return signature;
}

const badKey = (reason: string): ChainError =>
  new ChainError(
    'chain/bad-producer-key',
    `producer key not read: found ${reason}, expected PKCS#8 PEM of P-256, secp256k1 or Ed25519`,
    { reason },
  );
