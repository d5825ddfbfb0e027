// SPDX-License-Identifier: Apache-2.0
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { type ConnectedCard, isListed, openCardSession } from './card-session.ts';
import { keccakSignatureFault } from './independent-ecdsa.ts';
import { sponge256 } from './independent-keccak.ts';

/** An emulated card whose answers are changed on the way. */
function lyingCard(change: (answer: Uint8Array, apdu: Uint8Array) => Uint8Array): ConnectedCard {
  const card = createCard();
  return {
    exchange: async (apdu) => change(card.process(apdu), apdu),
    reset: async () => card.reset(),
    close: async () => card.close(),
  };
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));
const isGetData = (apdu: Uint8Array): boolean => apdu[1] === 0xca;

describe('a judge of cards', () => {
  it('finds another status word', async () => {
    const session = openCardSession(lyingCard((answer) => flipped(answer, -1)));
    await expect(session.bring('blank')).rejects.toThrow('9001 to 00 A4 04 00');
  });

  it('finds a status word that the catalogue does not list, whatever a fixture expects', async () => {
    const session = openCardSession(
      lyingCard((answer, apdu) => (isGetData(apdu) ? fromHex('6985') : answer)),
    );
    await session.bring('blank');
    await expect(session.run('00 CA FF 20 00', '6985')).rejects.toThrow('is not in the catalogue');
  });

  it('finds response data that is not the expected, and data beside an error', async () => {
    const session = openCardSession(
      lyingCard((answer, apdu) => (isGetData(apdu) ? fromHex('006A88') : answer)),
    );
    await session.bring('blank');
    await expect(session.run('00 CA FF 23 00', '6A88')).rejects.toThrow();
    await expect(session.run('00 CA FF 23 00', '6A88', '')).rejects.toThrow('answer to 00 CA FF 23 00');
    await session.run('00 CA FF 23 00', '6A88', '**');
  });

  it.each([
    ['a card cryptogram', 0x50, 21, 'card cryptogram'],
    ['an R-MAC', 0xca, -3, 'R-MAC'],
  ])('finds %s that is wrong', async (_, ins, at, message) => {
    const session = openCardSession(
      lyingCard((answer, apdu) => (apdu[1] === ins ? flipped(answer, at) : answer)),
    );
    const work = session.bring('administrator').then(() => session.runSecure('00 CA FF 21 00', '9000', ''));
    await expect(work).rejects.toThrow(message);
  });

  it('finds a signature that is wrong, and a key that is another', async () => {
    const isRead = (apdu: Uint8Array): boolean => apdu[1] === 0x47 && apdu[2] === 0x81;
    const session = openCardSession(
      lyingCard((answer, apdu) =>
        (apdu[1] === 0x2a && answer.length === 66) || isRead(apdu) ? flipped(answer, -3) : answer,
      ),
    );
    await session.bring('verified with keys');
    await session.run('00 22 41 B6 03 84 01 01', '9000');
    await session.run('00 2A 90 80 03 61 62 63', '9000');
    const signature = { key: 'P-256 key', message: '61 62 63' };
    await expect(session.play({ send: '00 2A 9E 9A 00', sw: '9000', signature })).rejects.toThrow(
      'P-256 key',
    );
    const key = { name: 'P-256 key', curve: 'P-256', same: true } as const;
    await expect(
      session.play({ send: '00 47 81 00 05 B6 03 84 01 01 00', sw: '9000', key }),
    ).rejects.toThrow();
  });

  it('finds what is not fresh', async () => {
    const session = openCardSession(
      lyingCard((answer, apdu) =>
        apdu[1] === 0x84 ? new Uint8Array([...new Uint8Array(32), 0x90, 0]) : answer,
      ),
    );
    await session.bring('blank');
    const step = { send: '00 84 00 00 20', sw: '9000', fresh: 'challenge' };
    await session.play(step);
    await expect(session.play(step)).rejects.toThrow('challenge was given before');
  });

  it('lets 6982 for a command that is not what was sent pass inside a secure channel only', () => {
    expect(isListed(fromHex('04CAFF2000'), '6982')).toBe(true);
    expect(isListed(fromHex('00CAFF2000'), '6982')).toBe(false);
    expect(isListed(fromHex('00FE0000'), '6D00')).toBe(true);
    expect(isListed(fromHex('00FE0000'), '6985')).toBe(false);
  });
});

describe('the equation of ECDSA over Keccak-256', () => {
  const secret = fromHex('01'.repeat(32));
  const key = { curve: 'secp256k1', point: secp256k1.getPublicKey(secret, false) } as const;
  const message = fromHex('616263');
  const signature = secp256k1.sign(sponge256(message, 0x01), secret, { prehash: false });

  it('holds for a signature of another library', () => {
    expect(keccakSignatureFault(key, message, signature)).toBeUndefined();
  });

  it('does not hold for another message, key or signature', () => {
    expect(keccakSignatureFault(key, fromHex('616264'), signature)).toBe('the equation does not hold');
    expect(keccakSignatureFault(key, message, flipped(signature, 5))).toBe('the equation does not hold');
    const other = { ...key, point: secp256k1.getPublicKey(fromHex('02'.repeat(32)), false) };
    expect(keccakSignatureFault(other, message, signature)).toBe('the equation does not hold');
  });

  it('is not enough: s is at most half the order, and both are there', () => {
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(`0x${toUpperHex(signature.subarray(32))}`);
    const high = fromHex((n - s).toString(16).padStart(64, '0'));
    expect(keccakSignatureFault(key, message, Uint8Array.of(...signature.subarray(0, 32), ...high))).toBe(
      'high s',
    );
    expect(keccakSignatureFault(key, message, signature.subarray(1))).toBe('63 bytes');
    expect(keccakSignatureFault(key, message, new Uint8Array(64))).toBe('r or s out of range');
  });
});
