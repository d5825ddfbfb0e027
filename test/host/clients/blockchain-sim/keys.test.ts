// SPDX-License-Identifier: Apache-2.0
import { createECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseDerivationPath } from '../../../../host/wallet/derivation-path.ts';
import { encodeExtendedPublicKey } from '../../../../host/wallet/extended-public-key.ts';
import { concat, fromHex } from '../../../../protocol/bytes.ts';
import { POLICY_FLAG } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { KEY_USAGE } from '../../../../protocol/commands/blockchain-sim/key-role.ts';
import { cardCurveNames, uncompressedCardPublicKey } from '../../../../protocol/crypto/card-curve.ts';
import { openAdministeredCard, openPersonalisedCard, testCard, testKeys } from '../../../support/cards.ts';
import { readFixture } from '../../../support/fixture.ts';
import { transferOf } from '../../../support/transactions.ts';

type Wallets = {
  readonly bip32: {
    readonly vectors: readonly {
      readonly title: string;
      readonly seed: string;
      readonly chain: readonly { readonly path: string; readonly xpub: string }[];
    }[];
  };
};
const { bip32 } = readFixture<Wallets>('crypto/hd-keys.json');

describe('generateKeyPair', () => {
  it.each(cardCurveNames)('makes a key on %s, lists it and reads it', async (curve) => {
    const { sim } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(16, curve);
    expect(key.curve).toBe(curve);
    expect(await sim.keyDirectory()).toEqual([
      {
        ...{ reference: 16, curve, role: 'identity', origin: 'generated', signatures: 0n, spent: 0n },
        usage: KEY_USAGE.signature | KEY_USAGE.authentication,
        policy: { flags: POLICY_FLAG.messages | POLICY_FLAG.transactions, messageTypes: [] },
      },
    ]);
    expect(await sim.readPublicKey(16)).toEqual(key);
    expect(await sim.readPublicKey(16, { curve })).toEqual(key);
  });

  it('gives role, usage and policy to the card', async () => {
    const { sim } = await openPersonalisedCard();
    const policy = {
      flags: POLICY_FLAG.transactions | POLICY_FLAG.pinPerSignature | POLICY_FLAG.confirmation,
      messageTypes: ['money/transfer'],
      limit: { currency: 'XTS', digits: 2, perTransaction: 500n, cumulative: 1000n },
    };
    await sim.generateKeyPair(3, 'secp256k1', { role: 'wallet', usage: KEY_USAGE.signature, policy });
    expect((await sim.keyDirectory())[0]).toMatchObject({
      role: 'wallet',
      usage: KEY_USAGE.signature,
      policy,
    });
  });

  it('refuses a curve that the card does not declare, and does not send the command', async () => {
    const { sim, sent } = await openAdministeredCard({ algorithms: ['P-256', 'secp256k1'] });
    const refused = {
      code: 'card/algorithm-not-declared',
      details: { curve: 'Ed25519', declared: ['P-256', 'secp256k1'] },
    };
    await expect(sim.generateKeyPair(1, 'Ed25519')).rejects.toMatchObject(refused);
    await expect(sim.importKey(1, 'Ed25519', new Uint8Array(32), { role: 'wallet' })).rejects.toMatchObject(
      refused,
    );
    expect(sent.filter((apdu) => ['47', '48'].includes(apdu.slice(2, 4)))).toEqual([]);
  });

  it('asks what the card declares once, and again after SELECT', async () => {
    const { sim, sent } = await openPersonalisedCard();
    const asked = () => sent.filter((apdu) => apdu === '00CAFF2000').length;
    await sim.generateKeyPair(1, 'P-256');
    await sim.generateKeyPair(2, 'P-256');
    expect(asked()).toBe(1);
    await sim.select();
    await sim.verify(testCard.pin);
    await sim.generateKeyPair(3, 'P-256');
    expect(asked()).toBe(2);
  });

  it('refuses a slot that is taken, one beyond the last, and one that is empty', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.generateKeyPair(1, 'P-256')).rejects.toMatchObject({
      code: 'card/slot-taken',
      details: { reference: 1 },
    });
    await expect(sim.generateKeyPair(17, 'P-256')).rejects.toMatchObject({ code: 'card/no-such-key' });
    const missing = { code: 'card/no-such-key', details: { reference: 2 } };
    await expect(sim.readPublicKey(2)).rejects.toMatchObject(missing);
    await expect(sim.readPublicKey(2, { curve: 'P-256' })).rejects.toMatchObject(missing);
    await expect(sim.signMessage(2, new Uint8Array(32))).rejects.toMatchObject(missing);
    await expect(sim.internalAuthenticate(2, new Uint8Array(32))).rejects.toMatchObject(missing);
    await expect(sim.deleteKey(2)).rejects.toMatchObject(missing);
    await expect(sim.attest(2, new Uint8Array(32))).rejects.toMatchObject(missing);
  });
});

describe('a wallet', () => {
  const vectors = bip32.vectors
    .slice(0, 2)
    .flatMap(({ title, seed, chain }) =>
      chain.map(({ path, xpub }) => ({ title: `${title}, ${path}`, seed, path, xpub })),
    );
  it.each(vectors)('of BIP-32, $title, gives the extended public key of the standard', async (vector) => {
    const { sim } = await openAdministeredCard();
    await sim.importKey(1, 'secp256k1', fromHex(vector.seed), { role: 'wallet' });
    const path = parseDerivationPath(vector.path);
    const extended = await sim.readExtendedPublicKey(1, path.length === 0 ? {} : { path });
    expect(encodeExtendedPublicKey(extended)).toBe(vector.xpub);
    const publicKey = await sim.readPublicKey(1, path.length === 0 ? {} : { path });
    expect(extended.publicKey).toEqual(publicKey);
  });

  it('shows its keys to nobody without the PIN', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256', { role: 'wallet' });
    await sim.select();
    await expect(sim.readPublicKey(1)).rejects.toMatchObject({ code: 'card/pin-required' });
    await expect(sim.readExtendedPublicKey(1)).rejects.toMatchObject({ code: 'card/pin-required' });
  });

  it('is what an extended public key is of, and no other key', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.readExtendedPublicKey(1)).rejects.toMatchObject({ code: 'card/not-possible' });
    await expect(sim.readPublicKey(1, { path: [0] })).rejects.toMatchObject({ code: 'card/not-possible' });
  });
});

describe('importKey', () => {
  it.each(['P-256', 'secp256k1', 'brainpoolP256r1'] as const)(
    'puts an agreement key on %s whose public key OpenSSL agrees with',
    async (curve) => {
      const { sim } = await openAdministeredCard();
      const names = { 'P-256': 'prime256v1', secp256k1: 'secp256k1', brainpoolP256r1: 'brainpoolP256r1' };
      const ecdh = createECDH(names[curve]);
      ecdh.generateKeys();
      const secret = new Uint8Array(ecdh.getPrivateKey());
      const padded = concat(new Uint8Array(32 - secret.length), secret);
      const key = await sim.importKey(1, curve, padded, { role: 'agreement' });
      expect(Buffer.from(uncompressedCardPublicKey(key)).equals(ecdh.getPublicKey())).toBe(true);
      expect((await sim.keyDirectory())[0]).toMatchObject({ origin: 'imported', role: 'agreement' });
    },
  );

  it('needs the administrator, and on a personalised card the holder too', async () => {
    const { sim } = await openPersonalisedCard();
    const seed = new Uint8Array(32).fill(1);
    const again = () => sim.importKey(1, 'P-256', seed, { role: 'wallet' });
    await expect(again()).rejects.toMatchObject({ code: 'card/administrator-required' });
    await sim.openSecureChannel(testKeys());
    await again();
    await sim.deleteKey(1);
    await sim.select();
    await sim.openSecureChannel(testKeys());
    await expect(again()).rejects.toMatchObject({ code: 'card/administrator-required' });
    expect(seed).toEqual(new Uint8Array(32).fill(1));
  });

  it('never brings an identity key', async () => {
    const { sim } = await openAdministeredCard();
    await expect(sim.importKey(1, 'P-256', new Uint8Array(32).fill(1))).rejects.toMatchObject({
      code: 'card/not-possible',
    });
  });
});

describe('deleteKey', () => {
  it('is the administrator’s, and the holder’s where the policy says so', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    const flags = POLICY_FLAG.messages | POLICY_FLAG.holderDeletes;
    await sim.generateKeyPair(2, 'P-256', { policy: { flags, messageTypes: [] } });
    await expect(sim.deleteKey(1)).rejects.toMatchObject({ code: 'card/pin-required' });
    await sim.deleteKey(2);
    await sim.openSecureChannel(testKeys());
    await sim.deleteKey(1);
    expect(await sim.keyDirectory()).toEqual([]);
  });

  it('makes the choice of the key void: a new one in the slot is chosen anew', async () => {
    const { sim, sent } = await openAdministeredCard();
    await sim.generateKeyPair(1, 'P-256');
    await sim.signMessage(1, fromHex('01'));
    await sim.deleteKey(1);
    const key = await sim.generateKeyPair(1, 'secp256k1');
    await sim.signMessage(1, fromHex('01'));
    expect(sent.filter((apdu) => apdu.startsWith('0422')).length).toBe(2);
    expect((await sim.readPublicKey(1)).curve).toBe('secp256k1');
    expect(await sim.readPublicKey(1)).toEqual(key);
  });
});

describe('resetLimit', () => {
  it('begins the count of a cumulative limit anew, for the administrator', async () => {
    const { sim } = await openPersonalisedCard();
    const policy = {
      flags: POLICY_FLAG.transactions,
      messageTypes: [],
      limit: { currency: 'XTS', digits: 2, cumulative: 250n },
    };
    const key = await sim.generateKeyPair(1, 'P-256', { policy });
    await sim.signTransaction(1, transferOf(key, { amount: 200n }));
    expect((await sim.keyDirectory())[0]).toMatchObject({ spent: 200n, signatures: 1n });
    await expect(sim.signTransaction(1, transferOf(key, { amount: 51n }))).rejects.toMatchObject({
      code: 'card/not-allowed-by-policy',
    });
    await expect(sim.resetLimit(1)).rejects.toMatchObject({ code: 'card/administrator-required' });
    await sim.openSecureChannel(testKeys());
    await sim.resetLimit(1);
    expect((await sim.keyDirectory())[0]).toMatchObject({ spent: 0n });
    await sim.signTransaction(1, transferOf(key, { amount: 51n }));
  });

  it('has nothing to count for a key without a cumulative limit', async () => {
    const { sim } = await openAdministeredCard();
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.resetLimit(1)).rejects.toMatchObject({ code: 'card/not-possible' });
  });
});
