// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CardCurve } from '../../protocol/crypto/card-curve.ts';

/** A public key as the card gave it: 04 ‖ X ‖ Y, or the Ed25519 key. */
export type KnownKey = { readonly curve: CardCurve; readonly point: Uint8Array };

/** Names of the curves in OpenSSL. */
export const opensslNames = {
  'P-256': 'prime256v1',
  secp256k1: 'secp256k1',
  SM2: 'SM2',
  brainpoolP256r1: 'brainpoolP256r1',
} as const satisfies Record<Exclude<CardCurve, 'Ed25519'>, string>;

/** Group orders. Source: SEC 2 v2 §2.4.2 and §2.4.1; GB/T 32918.5-2017; RFC 5639 §3.4. */
export const independentOrders = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  SM2: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  brainpoolP256r1: 0xa9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7n,
} as const satisfies Record<Exclude<CardCurve, 'Ed25519'>, bigint>;

/** The key as node:crypto (OpenSSL) takes it, with a header that OpenSSL wrote, so that none of our encoders takes part. */
export function nodeKey({ curve, point }: KnownKey): ReturnType<typeof createPublicKey> {
  const { publicKey } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: opensslNames[curve] });
  const other = publicKey.export({ format: 'der', type: 'spki' });
  const key = Buffer.concat([other.subarray(0, curve === 'Ed25519' ? -32 : -65), point]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/**
 * What is wrong with a signature of 64 bytes over a message, or undefined. `hash` is that of ECDSA; SM2 is with SM3 and
 * the user id 1234567812345678.
 */
export function signatureFault(
  key: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
  hash: 'sha256' | 'sha512' | 'sm3' = 'sha256',
): string | undefined {
  if (signature.length !== 64) return `${signature.length} bytes`;
  if (key.curve === 'SM2') return sm2Fault(key, message, signature);
  if (key.curve === 'Ed25519')
    return verify(null, message, nodeKey(key), signature) ? undefined : 'not valid for OpenSSL';
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  if (s > independentOrders[key.curve] >> 1n) return 'high s';
  const valid = verify(hash, message, { key: nodeKey(key), dsaEncoding: 'ieee-p1363' }, signature);
  return valid ? undefined : 'not valid for OpenSSL';
}

/** node:crypto cannot name the user id, so the command line is asked. */
function sm2Fault(key: KnownKey, message: Uint8Array, signature: Uint8Array): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-sm2-'));
  try {
    const files = {
      key: nodeKey(key).export({ type: 'spki', format: 'pem' }),
      message,
      signature: derSignature(signature),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { status, stdout, stderr } = spawnSync(
      'openssl',
      [
        ...['dgst', '-sm3', '-verify', 'key', '-sigopt', 'distid:1234567812345678'],
        ...['-signature', 'signature', 'message'],
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    return status === 0 ? undefined : `not valid for OpenSSL: ${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** ECDSA-Sig-Value: SEQUENCE of two INTEGER. Source: RFC 3279 §2.2.3. */
export function derSignature(signature: Uint8Array): Uint8Array {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].flatMap((half) => {
    const bytes = [...half];
    while (bytes.length > 1 && bytes[0] === 0) bytes.shift();
    if ((bytes[0] as number) >= 0x80) bytes.unshift(0);
    return [0x02, bytes.length, ...bytes];
  });
  return Uint8Array.of(0x30, integers.length, ...integers);
}

/** r ‖ s of 64 bytes of an ECDSA-Sig-Value of numbers below 2^256. */
export function plainSignature(der: Uint8Array): Uint8Array {
  const rLength = der[3] as number;
  const halves = [der.subarray(4, 4 + rLength), der.subarray(6 + rLength)];
  const hex = halves.map((half) =>
    BigInt(`0x${Buffer.from(half).toString('hex')}`)
      .toString(16)
      .padStart(64, '0'),
  );
  return new Uint8Array(Buffer.from(hex.join(''), 'hex'));
}
