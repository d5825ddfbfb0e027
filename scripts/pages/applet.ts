// SPDX-License-Identifier: Apache-2.0
import { type CardCurve, cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { type CardHash, cardHashNames } from '../../protocol/crypto/card-hash.ts';

/** Curves that the Java Card applet has: those that chips do by explicit domain parameters. */
export const appletCurves: readonly CardCurve[] = ['P-256', 'secp256k1', 'brainpoolP256r1'];

/** Hashes that it has: the platform's, and one that is short enough to be written in Java. */
export const appletHashes: readonly CardHash[] = ['SHA-256', 'SHA-512', 'Keccak-256'];

/** What the emulator has and the applet has not. */
export const appletLacks: readonly (CardCurve | CardHash)[] = [
  ...cardCurveNames.filter((name) => !appletCurves.includes(name)),
  ...cardHashNames.filter((name) => !appletHashes.includes(name)),
];
