// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { toBeSigned } from '../../protocol/cose.ts';
import { curveNames } from '../../protocol/crypto/curve.ts';
import { internalAuthenticateMessage } from '../../protocol/statements.ts';

describe('what INTERNAL AUTHENTICATE signs', () => {
  it('is the text, a zero byte and the challenge', () => {
    const message = internalAuthenticateMessage(Uint8Array.of(1, 2, 3));
    expect(Buffer.from(message).toString('latin1')).toBe('bsim/internal-authenticate/1\0\x01\x02\x03');
  });

  it('is never the Sig_structure of a COSE message, whatever the challenge', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...curveNames), (challenge, curve) => {
        const message = internalAuthenticateMessage(challenge);
        expect(message[0]).not.toBe(toBeSigned(curve, 'tx', challenge)[0]);
        expect(toHex(message.subarray(-challenge.length || message.length))).toContain(toHex(challenge));
      }),
    );
  });
});
