// SPDX-License-Identifier: Apache-2.0

import { type Curve, curveOfAlgorithmId, curves } from '../../crypto/curve.ts';
import { ProtocolError } from '../../errors.ts';
import { bytes, type Layout, mapped, tlvs } from '../../layout.ts';

/** Number of key slots; key references are 1 to this. */
export const KEY_SLOTS = 16;

/** One byte that names a key slot. The card answers 6A88 for a slot that it has not or that is empty. */
export const keyReference: Layout<number> = mapped(
  bytes('key reference', 1),
  (value) => value[0] as number,
  (value) => Uint8Array.of(value),
);

/** One byte that names curve and algorithm. */
export const algorithm: Layout<Curve> = mapped(
  bytes('algorithm: 01 P-256, 02 secp256k1, 03 Ed25519', 1),
  (value) => {
    const curve = curveOfAlgorithmId(value[0] as number);
    if (curve === undefined) {
      throw new ProtocolError(
        'protocol/bad-layout',
        `algorithm not read: found ${value[0]}, expected 1 to 3`,
        {
          expected: 'algorithm',
          length: 1,
        },
      );
    }
    return curve;
  },
  (curve) => Uint8Array.of(curves[curve].algorithmId),
);

/** Which key, and on which curve. */
export const keyAndAlgorithm = { reference: [0x84, keyReference], curve: [0x80, algorithm] } as const;

/** Public key template of ISO/IEC 7816-8:2021 §5.3: 7F49 {86 point}, 04 ‖ X ‖ Y of 65 bytes, or the Ed25519 key of 32. */
export const publicKeyTemplate = tlvs(
  { point: [0x86, bytes('04 ‖ X ‖ Y, or the Ed25519 key', 32, 65)] },
  0x7f49,
);
