// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { cardSigner } from '../../../host/signers/card-signer.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import { POLICY_FLAG } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { decodeSign1 } from '../../../protocol/cose.ts';
import { curveNames } from '../../../protocol/crypto/curve.ts';
import { type PublicKey, uncompressedPublicKey } from '../../../protocol/crypto/public-key.ts';
import { signSign1, TRANSACTION_TYPE } from '../../../protocol/signer.ts';
import { parseChainId } from '../../../src/chain/chain-id.ts';
import { decodeTransaction, signTransaction } from '../../../src/chain/transaction.ts';
import { signatureFault } from '../../conformance/independent-signature.ts';
import { openPersonalisedCard, tap, testCard } from '../../support/cards.ts';
import { transferOf } from '../../support/transactions.ts';

const fault = ({ curve, bytes }: PublicKey, message: Uint8Array, signature: Uint8Array) =>
  signatureFault({ curve, point: uncompressedPublicKey({ curve, bytes }) }, message, signature);

describe('cardSigner', () => {
  it.each(curveNames)('signs messages of any length with a %s key so that OpenSSL agrees', async (curve) => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(4, curve);
    const signer = await cardSigner(sim, 4);
    for (const length of [curve === 'Ed25519' ? 2 : 0, 1, 255, 256, 4096]) {
      const message = new Uint8Array(length).fill(length);
      expect(fault(signer.publicKey, message, await signer.sign(message))).toBeUndefined();
    }
  });

  it.each(curveNames)('signs a transaction of the chain with a %s key', async (curve) => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(4, curve, { policy: { flags: POLICY_FLAG.transactions, messageTypes: [] } });
    const signer = await cardSigner(sim, 4);
    const signed = transferOf(signer.publicKey);
    const signature = await signer.sign(signed, TRANSACTION_TYPE);
    expect(fault(signer.publicKey, signed, signature)).toBeUndefined();
  });

  it('sends a transaction as one, and every other COSE_Sign1 as a message', async () => {
    const { sim, sent } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const signer = await cardSigner(sim, 1);
    const statement = await signSign1(signer, 'bsim-statement+cbor', utf8('payload'));
    expect(decodeSign1(statement, 'bsim-statement+cbor').payload).toEqual(utf8('payload'));
    expect(sent.filter((apdu) => /^(80|00)2A/.test(apdu)).map((apdu) => apdu.slice(0, 8))).toEqual([
      '002A9080',
      '002A9E9A',
    ]);
    // A payload that is no transaction is refused by the card, whatever the host calls it.
    await expect(signSign1(signer, TRANSACTION_TYPE, utf8('payload'))).rejects.toMatchObject({
      code: 'card/unexpected-status',
    });
    expect(sent.at(-1)?.slice(0, 8)).toBe('802A9E9A');
  });

  it('refuses a message that is too long for an Ed25519 key on a card', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'Ed25519');
    const signer = await cardSigner(sim, 1);
    await expect(signer.sign(new Uint8Array(4097))).rejects.toMatchObject({ code: 'protocol/bad-layout' });
  });

  it('refuses a key on a curve that no transaction is signed on', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'SM2');
    await expect(cardSigner(sim, 1)).rejects.toMatchObject({
      code: 'card/algorithm-not-declared',
      details: { curve: 'SM2' },
    });
  });

  it('signs with the key of a wallet at a path', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'secp256k1', { role: 'wallet' });
    const path = [0x8000_002c, 7];
    const signer = await cardSigner(sim, 1, { path });
    expect(signer.publicKey).toEqual(await sim.readPublicKey(1, { path }));
    for (const type of [undefined, TRANSACTION_TYPE]) {
      const message = type === undefined ? utf8('x') : transferOf(signer.publicKey);
      expect(fault(signer.publicKey, message, await signer.sign(message, type))).toBeUndefined();
    }
  });

  it('has the holder confirm with the PIN where the policy asks for it', async () => {
    const { sim } = await openPersonalisedCard();
    const flags = POLICY_FLAG.transactions | POLICY_FLAG.confirmation;
    await sim.generateKeyPair(1, 'P-256', { policy: { flags, messageTypes: [] } });
    const hashes: string[] = [];
    const signer = await cardSigner(sim, 1, {
      confirm: async (hash) => {
        hashes.push(toUpperHex(hash));
        return testCard.pin.slice();
      },
    });
    const transaction = transferOf(signer.publicKey);
    const signature = await signer.sign(transaction, TRANSACTION_TYPE);
    expect(fault(signer.publicKey, transaction, signature)).toBeUndefined();
    expect(hashes.length).toBe(1);
  });

  it('never hands out a signature of another key', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await sim.generateKeyPair(2, 'P-256');
    const faulty: typeof sim = {
      ...sim,
      signMessage: (_, message, options) => sim.signMessage(2, message, options),
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
      signMessage: async (reference, message) => {
        const signature = await sim.signMessage(reference, message);
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

describe('what a signature costs', () => {
  it('is four commands for a transaction, from the opening of the card on, with a known public key', async () => {
    const { sim, card } = await openPersonalisedCard();
    const publicKey = await sim.generateKeyPair(1, 'P-256');
    card.reset();
    const { transport, sent } = tap(emulatorTransport(card));
    const opened = await openBlockchainSim(transport);
    await opened.verify(testCard.pin);
    const signer = await cardSigner(opened, 1, { publicKey });
    const transaction = transferOf(publicKey);
    expect(transaction.length).toBeGreaterThanOrEqual(150);
    await signer.sign(transaction, TRANSACTION_TYPE);
    expect(sent.map((apdu) => apdu.slice(0, 8))).toEqual(['00A40400', '00200001', '002241B6', '802A9E9A']);
    // And one for each that follows.
    await signer.sign(transaction, TRANSACTION_TYPE);
    expect(sent.length).toBe(5);
  });

  it('is one command for each 255 bytes of a message, and one for the signature', async () => {
    const { sim, sent } = await openPersonalisedCard();
    const publicKey = await sim.generateKeyPair(1, 'P-256');
    const signer = await cardSigner(sim, 1, { publicKey });
    await signer.sign(utf8('x'));
    const before = sent.length;
    await signer.sign(new Uint8Array(2550));
    expect(sent.length - before).toBe(11);
  });
});

describe('a transaction that the chain makes', () => {
  it('is signed by a card and read by the chain', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const signer = await cardSigner(sim, 1);
    const bytes = await signTransaction(signer, {
      chainId: parseChainId('bsim-test-1'),
      lane: 0,
      sequence: 0n,
      expiry: 9n,
      messages: [
        {
          name: 'money/transfer',
          body: new Map<number, Uint8Array | string | number>([
            [1, new Uint8Array(32)],
            [2, 'XTS'],
            [3, 5],
          ]),
        },
      ],
    });
    expect(decodeTransaction(bytes).signer).toEqual(signer.publicKey);
  });
});
