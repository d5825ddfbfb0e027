// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cardSigner } from '../../../host/signers/card-signer.ts';
import { toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import { curveNames } from '../../../protocol/crypto/curve.ts';
import { publicKeyToSpki } from '../../../protocol/crypto/public-key.ts';
import { openPersonalisedCard, testCard } from '../../support/cards.ts';

describe('cardSigner', () => {
  it.each(curveNames)('signs messages of any length with a %s key so that OpenSSL agrees', async (curve) => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(4, curve);
    const signer = await cardSigner(sim, 4);
    const key = createPublicKey({
      key: Buffer.from(publicKeyToSpki(signer.publicKey)),
      format: 'der',
      type: 'spki',
    });
    for (const length of [0, 1, 255, 256, 4096]) {
      const message = new Uint8Array(length).fill(length);
      const signature = await signer.sign(message);
      expect(
        verify(curve === 'Ed25519' ? null : 'sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature),
      ).toBe(true);
    }
  });

  it('sends an ECDSA key 32 bytes, whatever the length of the message', async () => {
    const { sim, sent } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const signer = await cardSigner(sim, 1);
    const before = sent.length;
    await signer.sign(new Uint8Array(100_000));
    await signer.sign(new Uint8Array(100_000));
    const lengths = sent.slice(before).map((apdu) => [apdu.slice(0, 8), apdu.length / 2]);
    expect(lengths).toEqual([
      ['002241B6', 8],
      ['002A9E9A', 38],
      ['002A9E9A', 38],
    ]);
  });

  it('refuses a message that is too long for an Ed25519 key on a card', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'Ed25519');
    const signer = await cardSigner(sim, 1);
    await expect(signer.sign(new Uint8Array(4097))).rejects.toMatchObject({ code: 'protocol/bad-layout' });
  });

  it('never hands out a signature of another key', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await sim.generateKeyPair(2, 'P-256');
    const faulty: typeof sim = {
      ...sim,
      computeDigitalSignature: (_, data) => sim.computeDigitalSignature(2, data),
    };
    const signer = await cardSigner(faulty, 1);
    await expect(signer.sign(utf8('x'))).rejects.toMatchObject({
      code: 'card/bad-signature',
      details: { reference: 1, curve: 'P-256' },
    });
  });

  it('never hands out a signature with high s, which the chain would refuse', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const faulty: typeof sim = {
      ...sim,
      computeDigitalSignature: async (reference, data) => {
        const signature = await sim.computeDigitalSignature(reference, data);
        const s = order - BigInt(`0x${toUpperHex(signature.subarray(32))}`);
        signature.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32);
        return signature;
      },
    };
    const signer = await cardSigner(faulty, 1);
    await expect(signer.sign(utf8('x'))).rejects.toMatchObject({ code: 'card/bad-signature' });
  });

  it('verifies with the implementation it is given', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'secp256k1');
    const asked: string[] = [];
    const signer = await cardSigner(sim, 1, {
      verify: (key, message) => {
        asked.push(`${key.curve} ${toUpperHex(message)}`);
        return false;
      },
    });
    await expect(signer.sign(utf8('x'))).rejects.toMatchObject({ code: 'card/bad-signature' });
    expect(asked).toEqual(['secp256k1 78']);
  });

  it('says card/no-such-key for an empty slot and card/pin-required without the PIN', async () => {
    const { sim } = await openPersonalisedCard();
    await expect(cardSigner(sim, 3)).rejects.toMatchObject({ code: 'card/no-such-key' });
    await sim.generateKeyPair(3, 'P-256');
    const signer = await cardSigner(sim, 3);
    await sim.select();
    await expect(signer.sign(utf8('x'))).rejects.toMatchObject({ code: 'card/pin-required' });
    await sim.verify(testCard.pin);
    expect((await signer.sign(utf8('x'))).length).toBe(64);
  });
});
