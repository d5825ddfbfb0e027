// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../protocol/bytes.ts';
import { keyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { derivationPath } from '../../../protocol/commands/blockchain-sim/key-reference.ts';
import { decodeTextString } from '../../../protocol/proactive-command.ts';
import { openAdministeredCard } from '../../support/cards.ts';

const refused = { code: 'protocol/bad-layout' };

describe('a number that does not fit its bytes', () => {
  it('names no other key: 257 is not key 1', async () => {
    const { sim, sent } = await openAdministeredCard();
    await sim.generateKeyPair(1, 'P-256');
    const before = sent.length;
    for (const reference of [257, -255, 1.5, Number.NaN])
      await expect(sim.deleteKey(reference)).rejects.toMatchObject(refused);
    expect(sent.length).toBe(before);
    expect((await sim.keyDirectory()).map((key) => key.reference)).toEqual([1]);
  });

  it('leads to no other key of a wallet', () => {
    for (const level of [2 ** 32, 2 ** 32 + 44, -1, 0.5, Number.NaN])
      expect(() => derivationPath.encode([level])).toThrowError(expect.objectContaining(refused));
    expect(derivationPath.encode([2 ** 32 - 1, 0])).toEqual(fromHex('FFFFFFFF00000000'));
  });

  it('makes no other limit', () => {
    const limited = (perTransaction: bigint) =>
      keyPolicy.encode({
        flags: 0x04,
        messageTypes: [],
        limit: { currency: 'EUR', digits: 2, perTransaction },
      });
    for (const most of [-1n, 2n ** 64n, 2n ** 64n + 5n])
      expect(() => limited(most)).toThrowError(expect.objectContaining(refused));
    expect(limited(2n ** 64n - 1n)).toEqual(fromHex('8001048203455552830102' + '8408FFFFFFFFFFFFFFFF'));
  });
});

describe('a text that is shown to the holder', () => {
  // 3GPP TS 23.038 §6.2.1.1: what is no extension shows as the character of the default alphabet.
  it.each([
    ['0431301B30', '100'],
    ['041B41', 'A'],
    ['041B65', '€'],
    ['041B1B', ' '],
    ['041B', ' '],
    // The same, packed: 31 1B 30 1B 35.
    ['00B10D6C5303', '105'],
  ])('says what any phone would show: %s is "%s"', (hex, text) => {
    expect(decodeTextString(fromHex(hex))).toBe(text);
  });

  it('with a byte that is no septet is no text, also behind an escape', () => {
    for (const hex of ['0480', '041B80', '04311BFF']) expect(decodeTextString(fromHex(hex))).toBeUndefined();
  });
});
