// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { bench, describe } from 'vitest';
import { type Card, createCard } from '../applet-sim/index.ts';
import { fromHex } from '../protocol/bytes.ts';
import type { Curve } from '../protocol/crypto/curve.ts';
import { ecdsaCurves } from '../protocol/crypto/ec.ts';
import { openAdministrator, personalise } from '../test/applet-sim/support/administrator.ts';
import { apdus } from '../test/applet-sim/support/apdu.ts';

const SELECT = fromHex(apdus.select);
const VERIFY = fromHex(apdus.verify);
const ASK_TRIES = fromHex('00200001');
const INFORMATION = fromHex(apdus.information);
const UNKNOWN = fromHex('00FE0000');
/** Long enough for the ratio of two figures to mean something on a shared machine, in ms. */
const TIME = { time: 1500 };

const digest = new Uint8Array(32).fill(0x11);

/** A verified card whose key 1 on that curve, which signs digests too, is chosen. */
function readyCard(algorithm: number): Card {
  const card = createCard();
  personalise(card, `004780000DB60B84010180010${algorithm}C10380010700`);
  for (const apdu of [apdus.verify, apdus.chooseSignatureKey(1)]) card.process(fromHex(apdu));
  return card;
}

describe('exchanges in process, without cryptography', () => {
  const card = readyCard(3);
  bench('VERIFY without data', () => {
    card.process(ASK_TRIES);
  });
  bench('SELECT', () => {
    card.process(SELECT);
  });
  bench('GET DATA application information', () => {
    card.process(INFORMATION);
  });
  bench('an instruction that there is not', () => {
    card.process(UNKNOWN);
  });
});

describe('a right PIN: two writes of volatile memory, one entry of the log', () => {
  const card = readyCard(1);
  bench('VERIFY', () => {
    card.process(VERIFY);
  });
});

describe('inside a secure channel, level 33', () => {
  const card = readyCard(1);
  const administrator = openAdministrator(card);
  bench('GET DATA application information, wrapped and unwrapped', () => {
    administrator.send(apdus.information);
  });
});

const sign = fromHex(apdus.sign('11'.repeat(32)));
const raw: Readonly<Record<Curve, () => Uint8Array>> = {
  'P-256': () => ecdsaCurves['P-256'].sign(digest, digest, { prehash: false, lowS: true }),
  secp256k1: () => ecdsaCurves.secp256k1.sign(digest, digest, { prehash: false, lowS: true }),
  Ed25519: () => ed25519.sign(digest, digest),
};

for (const [algorithm, curve] of (['P-256', 'secp256k1', 'Ed25519'] as const).entries()) {
  describe(`signing 32 bytes with ${curve}, counted and logged, and raw library call`, () => {
    const card = readyCard(algorithm + 1);
    bench('card', () => void card.process(sign), TIME);
    bench('raw', () => void raw[curve](), TIME);
  });
}
