// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { bench, describe } from 'vitest';
import { createCard } from '../applet-sim/index.ts';
import { openBlockchainSim } from '../host/clients/blockchain-sim.ts';
import { cardSigner } from '../host/signers/card-signer.ts';
import { emulatorTransport } from '../host/transports/emulator.ts';
import { defaultPolicy, POLICY_FLAG } from '../protocol/commands/blockchain-sim/key-policy.ts';
import type { Curve } from '../protocol/crypto/curve.ts';
import { ecdsaCurves } from '../protocol/crypto/ec.ts';
import { nodeVerifySignature } from '../src/chain/crypto/node-verify.ts';
import { personalisation, testCard, testKeys } from '../test/support/cards.ts';

/** Long enough for the ratio of two figures to mean something on a shared machine, in ms. */
const TIME = { time: 1500 };
const digest = new Uint8Array(32).fill(0x11);

/** A personalised card, PIN verified, with a key on each curve in slots 1 to 3 that signs digests too. */
const sim = await openBlockchainSim(emulatorTransport(createCard()));
const curves = ['P-256', 'secp256k1', 'Ed25519'] as const;
const policy = { ...defaultPolicy, flags: defaultPolicy.flags | POLICY_FLAG.digests };
await sim.openSecureChannel(testKeys());
for (const [i, curve] of curves.entries()) await sim.generateKeyPair(i + 1, curve, { policy });
await sim.storeData(personalisation());
await sim.closeSecureChannel();
await sim.verify(testCard.pin);

describe('host client → emulator → host, without cryptography', () => {
  bench('GET DATA key directory, three keys', async () => void (await sim.keyDirectory()), TIME);
  bench('GET DATA application information', async () => void (await sim.applicationInformation()), TIME);
  bench('GET CHALLENGE', async () => void (await sim.getChallenge()), TIME);
});

/** SELECT ends the session of its logical channel, so that it has a card of its own. */
const other = await openBlockchainSim(emulatorTransport(createCard()));
describe('host client → emulator → host, without cryptography: selecting', () => {
  bench('SELECT', async () => void (await other.select()), TIME);
});

const raw: Readonly<Record<Curve, () => Uint8Array>> = {
  'P-256': () => ecdsaCurves['P-256'].sign(digest, digest, { prehash: false, lowS: true }),
  secp256k1: () => ecdsaCurves.secp256k1.sign(digest, digest, { prehash: false, lowS: true }),
  Ed25519: () => ed25519.sign(digest, digest),
};

for (const [i, curve] of curves.entries()) {
  const reference = i + 1;
  const portable = await cardSigner(sim, reference);
  const openssl = await cardSigner(sim, reference, { verify: nodeVerifySignature });
  describe(`signing 32 bytes with ${curve}: whole path and raw library call`, () => {
    bench('raw', () => void raw[curve](), TIME);
    bench('client', async () => void (await sim.computeDigitalSignature(reference, digest)), TIME);
    bench('signer, verified by OpenSSL', async () => void (await openssl.sign(digest)), TIME);
    bench('signer, verified by portable code', async () => void (await portable.sign(digest)), TIME);
  });
}
