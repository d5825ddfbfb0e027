// SPDX-License-Identifier: Apache-2.0

import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Curve } from './curve.ts';

/** The noble implementation of each Weierstrass curve, so that one table serves keys, signing and verifying. */
export const ecdsaCurves = { 'P-256': p256, secp256k1 } as const satisfies Partial<Record<Curve, unknown>>;
