// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { bench, describe } from 'vitest';
import { type Card, createCard } from '../applet-sim/index.ts';
import { fromHex } from '../protocol/bytes.ts';
import type { Curve } from '../protocol/crypto/curve.ts';
import { ecdsaCurves } from '../protocol/crypto/ec.ts';

const SELECT = fromHex('00A4040007F04253494D010000');
const STORE_DATA = fromHex(
  '80E280002E5A0A98880200000000000031DF2209080910100000000010DF230831323334FFFFFFFFDF24083132333435363738',
);
const VERIFY = fromHex('002000010831323334FFFFFFFF');
const ASK_TRIES = fromHex('00200001');
const INFORMATION = fromHex('00CAFF2000');
const UNKNOWN = fromHex('00FE0000');
/** Long enough for the ratio of two figures to mean something on a shared machine, in ms. */
const TIME = { time: 1500 };

const digest = new Uint8Array(32).fill(0x11);

/** A verified card whose key 1 on that curve is chosen. */
function readyCard(algorithm: number): Card {
  const card = createCard();
  const generate = fromHex(`0047800008B60684010180010${algorithm}00`);
  const choose = fromHex('002241B603840101');
  for (const apdu of [SELECT, generate, STORE_DATA, VERIFY, choose]) card.process(apdu);
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

describe('a right PIN: two writes of volatile memory', () => {
  const card = readyCard(1);
  bench('VERIFY', () => {
    card.process(VERIFY);
  });
});

const sign = fromHex(`002A9E9A20${'11'.repeat(32)}00`);
const raw: Readonly<Record<Curve, () => Uint8Array>> = {
  'P-256': () => ecdsaCurves['P-256'].sign(digest, digest, { prehash: false, lowS: true }),
  secp256k1: () => ecdsaCurves.secp256k1.sign(digest, digest, { prehash: false, lowS: true }),
  Ed25519: () => ed25519.sign(digest, digest),
};

for (const [algorithm, curve] of (['P-256', 'secp256k1', 'Ed25519'] as const).entries()) {
  describe(`signing 32 bytes with ${curve}: card path and raw library call`, () => {
    const card = readyCard(algorithm + 1);
    bench('card', () => void card.process(sign), TIME);
    bench('raw', () => void raw[curve](), TIME);
  });
}
