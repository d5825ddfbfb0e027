// SPDX-License-Identifier: Apache-2.0
import { decode, encode } from 'cborg';
import { type KnownKey, signatureFault } from './independent-signature.ts';

const SIGN1_TAG = 0xd2;
const LABEL = { challenge: 1, key: 2 } as const;
const COSE_CURVES = {
  'P-256': [2, 1],
  secp256k1: [2, 8],
  Ed25519: [1, 6],
  SM2: [2, -65537],
  brainpoolP256r1: [2, 256],
} as const;

/** What is wrong with a COSE_Sign1 (RFC 9052 §4.2) that states a key and a challenge, or undefined. */
export function attestationFault(
  bytes: Uint8Array,
  { key, challenge, signer }: { key: KnownKey; challenge: Uint8Array; signer: KnownKey },
): string | undefined {
  if (bytes[0] !== SIGN1_TAG) return 'no tag of COSE_Sign1';
  const [header, unprotected, payload, signature] = read(bytes.subarray(1)) as [
    Uint8Array,
    ReadonlyMap<unknown, unknown>,
    Uint8Array,
    Uint8Array,
  ];
  const typed = new Map<unknown, unknown>([
    [1, -7],
    [16, 'bsim-attestation+cbor'],
  ]);
  if (!same(read(header), typed) || unprotected.size !== 0) return 'another header';
  const structure = encode(['Signature1', header, new Uint8Array(0), payload]);
  const fault = signatureFault(signer, structure, signature);
  if (fault !== undefined) return `its signature is ${fault}`;
  const map = read(payload) as ReadonlyMap<number, unknown>;
  if (!same(map.get(LABEL.challenge), challenge)) return 'another challenge';
  return same(map.get(LABEL.key), coseKey(key)) ? undefined : 'another key';
}

/** COSE_Key with y as sign bit. Source: RFC 9053 §7.1.1 and §7.2. */
function coseKey({ curve, point }: KnownKey): ReadonlyMap<number, unknown> {
  const [type, id] = COSE_CURVES[curve];
  const map = new Map<number, unknown>([
    [1, type],
    [-1, id],
  ]);
  if (curve === 'Ed25519') return map.set(-2, point);
  return map.set(-2, point.subarray(1, 33)).set(-3, ((point[64] ?? 0) & 1) === 1);
}

const read = (bytes: Uint8Array): unknown => decode(bytes, { useMaps: true });

/** Both in the same encoding, of a library that is not ours. */
const same = (a: unknown, b: unknown): boolean => Buffer.compare(encode(a), encode(b)) === 0;
