// SPDX-License-Identifier: Apache-2.0

import type { WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import { brainpoolP256r1 } from '@noble/curves/misc.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Curve } from './curve.ts';
import { Sm2Point } from './sm2.ts';

/** The noble implementation of each Weierstrass curve, so that one table serves keys, signing and verifying. */
export const ecdsaCurves = { 'P-256': p256, secp256k1 } as const satisfies Partial<Record<Curve, unknown>>;

/** The same of each curve of a card that ECDSA is used on. */
export const cardEcdsaCurves = { ...ecdsaCurves, brainpoolP256r1 } as const;

/** Points of every curve of a card but Ed25519. All have fields of 256 bits and cofactor 1. */
export const weierstrassPoints = {
  'P-256': p256.Point,
  secp256k1: secp256k1.Point,
  SM2: Sm2Point,
  brainpoolP256r1: brainpoolP256r1.Point,
} as const satisfies Readonly<Record<string, WeierstrassPointCons<bigint>>>;
