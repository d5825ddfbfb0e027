// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Card, createCard } from '../../applet-sim/index.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { CardCurve } from '../../protocol/crypto/card-curve.ts';
import { type KnownKey, signatureFault } from '../conformance/independent-signature.ts';
import { personalise } from './support/administrator.ts';
import { apdus, send } from './support/apdu.ts';
import { opensslVerdict } from './support/openssl.ts';

const message = new TextEncoder().encode('Settle 12.50 EUR with 99901.');
const challenge = toHex(message).slice(0, 32);
const signedChallenge = new TextEncoder().encode(`bsim/internal-authenticate/1\0${'Settle 12.50 EUR'}`);

/** A verified card with a key that signs digests too, chosen for both uses, and the key as it was read from it. */
function cardWith(curve: CardCurve, algorithm: number): { readonly card: Card; readonly key: KnownKey } {
  const card = createCard();
  personalise(card, `004780000DB60B8401018001${algorithm.toString(16).padStart(2, '0')}C10380010700`);
  const [, read = ''] = send(card, apdus.verify, apdus.readKey(1));
  send(card, apdus.chooseSignatureKey(1), '002241A403840101');
  return { card, key: { curve, point: fromHex(read.slice(0, -4)).slice(curve === 'Ed25519' ? -32 : -65) } };
}

const last = (card: Card, ...commands: readonly string[]): Uint8Array =>
  fromHex((send(card, ...commands).at(-1) as string).slice(0, -4));

describe.each([
  ['P-256', 1],
  ['secp256k1', 2],
  ['Ed25519', 3],
  ['brainpoolP256r1', 5],
] as const)('a signature of the card with %s', (curve, algorithm) => {
  const { card, key } = cardWith(curve, algorithm);
  const toSign = curve === 'Ed25519' ? toHex(message) : createHash('sha256').update(message).digest('hex');

  it('is valid for node:crypto and for the OpenSSL command line', async () => {
    const signature = last(card, apdus.sign(toSign));
    expect(signatureFault(key, message, signature)).toBeUndefined();
    expect(await opensslVerdict(key, message, signature)).toMatch(/Verified/);
  });

  it('is valid over a challenge, behind the text that tells it from a transaction', async () => {
    const signature = last(card, `0088000010${challenge}00`);
    expect(signatureFault(key, signedChallenge, signature)).toBeUndefined();
    expect(await opensslVerdict(key, signedChallenge, signature)).toMatch(/Verified/);
    await expect(opensslVerdict(key, fromHex(challenge), signature)).rejects.toThrow(/openssl/);
  });

  it('is the same for the same message, since no random number is drawn for it', () => {
    expect(last(card, apdus.sign(toSign))).toEqual(last(card, apdus.sign(toSign)));
  });
});

it.each([
  ['P-256', 1],
  ['secp256k1', 2],
] as const)(
  'a message hashed on the card in parts is signed as a whole with %s',
  async (curve, algorithm) => {
    const { card, key } = cardWith(curve, algorithm);
    const text = toHex(message);
    send(card, `102A90800A${text.slice(0, 20)}`, `002A908012${text.slice(20)}`);
    expect(await opensslVerdict(key, message, last(card, '002A9E9A00'))).toMatch(/Verified/);
  },
);
