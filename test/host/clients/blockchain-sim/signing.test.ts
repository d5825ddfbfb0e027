// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { createRootCa, issueAttestationCertificate } from '../../../../host/attestation/issuing-ca.ts';
import { verifyAttestation } from '../../../../host/attestation/verify-attestation.ts';
import type { BlockchainSim } from '../../../../host/clients/blockchain-sim.ts';
import type { InkeyAnswer, Terminal } from '../../../../host/layers/proactive.ts';
import { concat, fromHex, toUpperHex, uint16, utf8 } from '../../../../protocol/bytes.ts';
import { POLICY_FLAG } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import {
  type CardCurve,
  type CardPublicKey,
  cardCurveNames,
  parseCardPublicKey,
  uncompressedCardPublicKey,
} from '../../../../protocol/crypto/card-curve.ts';
import { signatureFault } from '../../../conformance/independent-signature.ts';
import { openAdministeredCard, openPersonalisedCard, testCard, testKeys } from '../../../support/cards.ts';
import { softwareSigner } from '../../../support/certificates.ts';
import { transferOf } from '../../../support/transactions.ts';

const fault = (key: CardPublicKey, message: Uint8Array, signature: Uint8Array, hash?: 'sha512' | 'sm3') =>
  signatureFault({ curve: key.curve, point: uncompressedCardPublicKey(key) }, message, signature, hash);
const policyOf = (flags: number) => ({ policy: { flags, messageTypes: [] } });
const transactionCurves = ['P-256', 'secp256k1', 'Ed25519'] as const;

describe.each(['t1', 't0'] as const)('signatures on %s', (profile) => {
  it.each(cardCurveNames)('of messages with a key on %s are ones that OpenSSL accepts', async (curve) => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(1, curve);
    for (const length of [curve === 'Ed25519' ? 2 : 0, 1, 255, 256, 4096]) {
      const message = new Uint8Array(length).fill(length);
      expect(fault(key, message, await sim.signMessage(1, message))).toBeUndefined();
    }
  });

  it.each(transactionCurves)('of transactions with a key on %s too', async (curve) => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(1, curve);
    for (const count of [1, 16]) {
      const transaction = transferOf(key, { count });
      expect(fault(key, transaction, await sim.signTransaction(1, transaction))).toBeUndefined();
    }
  });

  it.each(cardCurveNames)('of challenges with a key on %s too', async (curve) => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(1, curve);
    const challenge = new Uint8Array(32).fill(9);
    const statement = concat(utf8('bsim/internal-authenticate/1'), Uint8Array.of(0), challenge);
    expect(fault(key, statement, await sim.internalAuthenticate(1, challenge))).toBeUndefined();
  });
});

describe('a message', () => {
  it('of no bytes, or of more than the card takes, is refused for Ed25519 before anything is signed', async () => {
    const { sim, sent } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'Ed25519');
    for (const length of [0, 4097])
      await expect(sim.signMessage(1, new Uint8Array(length))).rejects.toMatchObject({
        code: 'protocol/bad-layout',
      });
    expect(sent.filter((apdu) => apdu.slice(2, 4) === '2A')).toEqual([]);
  });
});

describe('the hash', () => {
  it('is the one asked for', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256');
    const message = utf8('a message');
    expect(
      fault(key, message, await sim.signMessage(1, message, { hash: 'SHA-512' }), 'sha512'),
    ).toBeUndefined();
    expect(fault(key, message, await sim.signMessage(1, message, { hash: 'SM3' }), 'sm3')).toBeUndefined();
    expect(fault(key, message, await sim.signMessage(1, message, { hash: 'SHA-512' }))).toBeDefined();
  });

  it('that the card does not declare is refused before anything is sent', async () => {
    const { sim, sent } = await openPersonalisedCard({ hashes: ['SHA-256'] });
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.signMessage(1, utf8('x'), { hash: 'Keccak-256' })).rejects.toMatchObject({
      code: 'card/hash-not-declared',
      details: { hash: 'Keccak-256', declared: ['SHA-256'] },
    });
    expect(sent.filter((apdu) => apdu.startsWith('0022'))).toEqual([]);
  });

  it('of a message in parts is signed by the next signature without data, with whatever hash was chosen', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'brainpoolP256r1');
    const message = new Uint8Array(100_000).fill(3);
    await sim.hash(1, message, { hash: 'SHA-512' });
    expect(fault(key, message, await sim.computeDigitalSignature(1), 'sha512')).toBeUndefined();
    await expect(sim.computeDigitalSignature(1)).rejects.toMatchObject({
      code: 'card/not-allowed-by-policy',
    });
  });
});

describe('digests', () => {
  it('are signed where the policy allows it, and nowhere else', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const key = await sim.generateKeyPair(2, 'P-256', policyOf(POLICY_FLAG.digests));
    const digest = sha256(utf8('x'));
    await expect(sim.computeDigitalSignature(1, digest)).rejects.toMatchObject({
      code: 'card/not-allowed-by-policy',
    });
    expect(fault(key, utf8('x'), await sim.computeDigitalSignature(2, digest))).toBeUndefined();
    await expect(sim.signMessage(2, utf8('x'))).rejects.toMatchObject({ code: 'card/not-allowed-by-policy' });
  });
});

describe('a transaction', () => {
  it('is refused as a message, and a message as a transaction', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256');
    await expect(sim.signMessage(1, transferOf(key))).rejects.toMatchObject({
      code: 'card/not-allowed-by-policy',
    });
    await expect(sim.signTransaction(1, utf8('pay everything'))).rejects.toMatchObject({
      code: 'card/unexpected-status',
      details: { sw: '6A80' },
    });
  });

  it('of more than 4,096 bytes is refused before anything is sent', async () => {
    const { sim, sent } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const before = sent.length;
    await expect(sim.signTransaction(1, new Uint8Array(4097))).rejects.toMatchObject({
      code: 'protocol/bad-layout',
    });
    expect(sent.slice(before).filter((apdu) => apdu.startsWith('802A'))).toEqual([]);
  });

  it('of a wallet is signed by the key at the path', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'secp256k1', { role: 'wallet' });
    const path = [0x8000_002c, 0x8000_003c, 0];
    const key = await sim.readPublicKey(1, { path });
    const transaction = transferOf(key);
    expect(fault(key, transaction, await sim.signTransaction(1, transaction, { path }))).toBeUndefined();
    const message = utf8('x');
    expect(fault(key, message, await sim.signMessage(1, message, { path }))).toBeUndefined();
    const statement = concat(utf8('bsim/internal-authenticate/1'), new Uint8Array(17));
    const signature = await sim.internalAuthenticate(1, new Uint8Array(16), { path });
    expect(fault(key, statement, signature)).toBeUndefined();
    // The master key is another key.
    await expect(sim.signTransaction(1, transaction)).rejects.toThrow();
  });
});

const confirmed = policyOf(POLICY_FLAG.transactions | POLICY_FLAG.confirmation);

describe('confirmation with the PIN', () => {
  it('asks with the hash of the transaction, and wipes the digits', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    const transaction = transferOf(key);
    const digits = testCard.pin.slice();
    let shown = '';
    const signature = await sim.signTransaction(1, transaction, {
      confirm: async (hash) => {
        shown = toUpperHex(hash);
        return digits;
      },
    });
    expect(fault(key, transaction, signature)).toBeUndefined();
    expect(shown).toBe(createHash('sha256').update(transaction).digest('hex').toUpperCase());
    expect(digits).toEqual(new Uint8Array(4));
  });

  it('with a wrong PIN costs a try and signs nothing', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    await expect(
      sim.signTransaction(1, transferOf(key), { confirm: async () => utf8('9999') }),
    ).rejects.toMatchObject({ code: 'card/wrong-pin', details: { triesLeft: 2 } });
    expect((await sim.keyDirectory())[0]).toMatchObject({ signatures: 0n });
  });

  it('with nobody to ask is card/confirmation-needed', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    await expect(sim.signTransaction(1, transferOf(key))).rejects.toMatchObject({
      code: 'card/confirmation-needed',
    });
    await expect(sim.computeDigitalSignature(1)).rejects.toMatchObject({
      code: 'card/not-allowed-by-policy',
    });
  });

  it('that is given up signs nothing, and the next transaction begins anew', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    const stop = () => Promise.reject(new RangeError('the holder walked away'));
    await expect(sim.signTransaction(1, transferOf(key), { confirm: stop })).rejects.toThrow('walked away');
    const confirm = async () => testCard.pin.slice();
    const signature = await sim.signTransaction(1, transferOf(key), { confirm });
    expect(fault(key, transferOf(key), signature)).toBeUndefined();
  });

  it('is not asked for where the policy does not', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256');
    const confirm = () => Promise.reject(new RangeError('asked'));
    expect((await sim.signTransaction(1, transferOf(key), { confirm })).length).toBe(64);
  });
});

describe('confirmation on a terminal', () => {
  const withTerminal = async (inkey: InkeyAnswer, secured = false) => {
    const shown: string[] = [];
    const terminal: Terminal = {
      displayText: async (text) => {
        shown.push(text);
        return 'ok';
      },
      getInkey: async (text) => {
        shown.push(text);
        return inkey;
      },
    };
    const opened = await openPersonalisedCard({ confirmation: 'terminal', terminal });
    if (secured) await opened.sim.openSecureChannel(testKeys());
    const key = await opened.sim.generateKeyPair(1, 'P-256', confirmed);
    return { ...opened, shown, key };
  };

  it.each([false, true])(
    'shows the transaction and signs after a yes (in a secure channel: %s)',
    async (secured) => {
      const { sim, shown, key } = await withTerminal('yes', secured);
      const transaction = transferOf(key, { amount: 1234n });
      expect(fault(key, transaction, await sim.signTransaction(1, transaction))).toBeUndefined();
      expect(shown.length).toBe(2);
      expect(shown.join()).toContain('XTS');
    },
  );

  it.each(['no', 'ended', 'back', 'no-response'] as const)('signs nothing after %s', async (answer) => {
    const { sim, key } = await withTerminal(answer);
    await expect(sim.signTransaction(1, transferOf(key))).rejects.toMatchObject({
      code: 'card/not-confirmed',
    });
    expect((await sim.keyDirectory())[0]).toMatchObject({ signatures: 0n });
  });

  it('announces the terminal once per selection', async () => {
    const { sim, sent, key } = await withTerminal('yes');
    const announced = () => sent.filter((apdu) => apdu.startsWith('8010')).length;
    await sim.signTransaction(1, transferOf(key));
    await sim.signTransaction(1, transferOf(key));
    expect(announced()).toBe(1);
    await sim.select();
    await sim.verify(testCard.pin);
    await sim.signTransaction(1, transferOf(key));
    expect(announced()).toBe(2);
  });

  it('is refused by the card where the host has no terminal', async () => {
    const { sim } = await openPersonalisedCard({ confirmation: 'terminal' });
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    await expect(sim.signTransaction(1, transferOf(key))).rejects.toMatchObject({
      code: 'card/terminal-needed',
    });
  });

  it('leaves a card that confirms with the PIN alone', async () => {
    const terminal: Terminal = { displayText: async () => 'ok', getInkey: async () => 'yes' };
    const { sim, sent } = await openPersonalisedCard({ terminal });
    const key = await sim.generateKeyPair(1, 'P-256', confirmed);
    const confirm = async () => testCard.pin.slice();
    expect((await sim.signTransaction(1, transferOf(key), { confirm })).length).toBe(64);
    expect(sent.filter((apdu) => apdu.startsWith('8010'))).toEqual([]);
  });
});

describe('a PIN for each signature', () => {
  it('is used up by one', async () => {
    const { sim } = await openPersonalisedCard();
    const flags = POLICY_FLAG.transactions | POLICY_FLAG.pinPerSignature;
    const key = await sim.generateKeyPair(1, 'P-256', policyOf(flags));
    await sim.signTransaction(1, transferOf(key));
    await expect(sim.signTransaction(1, transferOf(key))).rejects.toMatchObject({
      code: 'card/pin-required',
    });
    await sim.verify(testCard.pin);
    await sim.signTransaction(1, transferOf(key));
  });
});

describe('agree', () => {
  const names = {
    'P-256': 'prime256v1',
    secp256k1: 'secp256k1',
    brainpoolP256r1: 'brainpoolP256r1',
  } as const;
  it.each(Object.keys(names) as (keyof typeof names)[])(
    'on %s gives the secret that OpenSSL gives',
    async (curve) => {
      const { sim } = await openPersonalisedCard();
      const key = await sim.generateKeyPair(1, curve, { role: 'agreement' });
      const other = createECDH(names[curve]);
      const theirs = parseCardPublicKey(curve, new Uint8Array(other.generateKeys()));
      const shared = other.computeSecret(uncompressedCardPublicKey(key));
      const x = concat(new Uint8Array(32 - shared.length), new Uint8Array(shared));
      expect(await sim.agree(1, theirs)).toEqual(x);
      // X9.63: SHA-256(Z ‖ 00000001 ‖ SharedInfo). Source: SEC 1 v2.0 §3.6.1.
      const sharedInfo = utf8('info');
      const kdf = createHash('sha256').update(x).update(fromHex('00000001')).update(sharedInfo).digest();
      expect(await sim.agree(1, theirs, { sharedInfo })).toEqual(new Uint8Array(kdf));
    },
  );

  it('is for agreement keys only', async () => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256');
    await expect(sim.agree(1, key)).rejects.toMatchObject({ code: 'card/not-possible' });
  });
});

describe('attest', () => {
  it('gives a statement that leads to the operator’s root', async () => {
    const root = await createRootCa({ name: 'BSIM root', signer: softwareSigner() });
    const { sim } = await openAdministeredCard();
    const publicKey = await sim.generateAttestationKey();
    const { certificate } = await issueAttestationCertificate(root, { publicKey });
    await sim.putCertificates(certificate);
    const key = await sim.generateKeyPair(5, 'Ed25519');
    const challenge = await sim.getChallenge();
    const { attestation } = await verifyAttestation({
      attestation: await sim.attest(5, challenge),
      chain: [(await sim.certificates()) as Uint8Array],
      trustAnchors: [root.certificate],
      challenge,
      expected: { publicKey: key, reference: 5, role: 'identity', origin: 'generated', log: await sim.log() },
    });
    expect(attestation.signatures).toBe(0n);
  });

  it('has nothing to sign with before there is an attestation key', async () => {
    const { sim } = await openAdministeredCard();
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.attest(1, new Uint8Array(16))).rejects.toMatchObject({ code: 'card/not-possible' });
  });
});

describe('many at once', () => {
  it('each get the signature of their own key, path and hash', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256', { role: 'wallet' });
    const keys = await Promise.all([[0], [1], [2]].map((path) => sim.readPublicKey(1, { path })));
    await sim.generateKeyPair(2, 'Ed25519');
    const other = await sim.readPublicKey(2);
    const work = (sim: BlockchainSim, i: number): Promise<void>[] => {
      const message = concat(utf8('message'), uint16(i));
      const path = [i % 3];
      const own = keys[i % 3] as CardPublicKey<CardCurve>;
      return [
        sim.signMessage(1, message, { path }).then((signature) => {
          expect(fault(own, message, signature)).toBeUndefined();
        }),
        sim.signTransaction(1, transferOf(own), { path }).then((signature) => {
          expect(fault(own, transferOf(own), signature)).toBeUndefined();
        }),
        sim.signMessage(2, message).then((signature) => {
          expect(fault(other, message, signature)).toBeUndefined();
        }),
      ];
    };
    await Promise.all(Array.from({ length: 9 }, (_, i) => work(sim, i)).flat());
  });
});
