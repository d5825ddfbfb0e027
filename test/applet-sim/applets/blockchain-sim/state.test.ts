// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockchainSimState,
  blockchainSimState,
} from '../../../../applet-sim/applets/blockchain-sim/state.ts';
import { EmulatorError } from '../../../../applet-sim/index.ts';
import { generateKeyPair } from '../../../../applet-sim/runtime/crypto.ts';
import { type CborValue, encodeCbor } from '../../../../protocol/cbor.ts';
import { parseIccid } from '../../../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../../../protocol/identifiers/imsi.ts';
import { pinBlock, pukBlock } from '../../../../protocol/pin.ts';

const digits = (text: string): Uint8Array => new TextEncoder().encode(text);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const full: BlockchainSimState = {
  keys: new Map(
    Array.from({ length: 16 }, (_, i) => [
      i + 1,
      generateKeyPair((['P-256', 'secp256k1', 'Ed25519'] as const)[i % 3] ?? 'P-256', random),
    ]),
  ),
  personalisation: {
    iccid: parseIccid('89882000000000000013'),
    imsi: parseImsi('001010000000001'),
    pin: { block: pinBlock(digits('1234')), triesLeft: 2 },
    puk: { block: pukBlock(digits('12345678')), triesLeft: 0 },
  },
};

const notRead = expect.objectContaining({ code: 'emulator/card-image-not-read' });

/** An image with one field changed. */
function image(change: (fields: Map<string, CborValue>) => void): Uint8Array {
  const fields = new Map<string, CborValue>([
    ['application', 'blockchain-sim'],
    ['version', 1],
    ['keys', []],
  ]);
  change(fields);
  return encodeCbor(fields);
}

describe('the memory image of the key-custody application', () => {
  it('gives back a blank and a full state', () => {
    const { blank, encode, decode } = blockchainSimState;
    expect(decode(encode(blank))).toEqual(blank);
    expect(decode(encode(full))).toEqual(full);
  });

  it('shares no bytes with the image that it was read from, which the card wipes', () => {
    const bytes = blockchainSimState.encode(full);
    const state = blockchainSimState.decode(bytes);
    bytes.fill(0);
    expect(state).toEqual(full);
  });

  it('shares no bytes with the state that it was made of, which stays after the image is wiped', () => {
    const before = structuredClone(full);
    blockchainSimState.encode(full).fill(0);
    expect(full).toEqual(before);
  });

  it.each<[string, (fields: Map<string, CborValue>) => void]>([
    ['another application', (fields) => fields.set('application', 'iot-safe')],
    ['another version', (fields) => fields.set('version', 2)],
    ['no keys', (fields) => fields.delete('keys')],
    ['a field that it does not know', (fields) => fields.set('more', 1)],
    ['a key in slot 17', (fields) => fields.set('keys', [[17, 'Ed25519', random(32), random(32)]])],
    ['a key in slot 0', (fields) => fields.set('keys', [[0, 'Ed25519', random(32), random(32)]])],
    ['a key of another curve', (fields) => fields.set('keys', [[1, 'P-384', random(32), random(32)]])],
    ['a key of too few bytes', (fields) => fields.set('keys', [[1, 'Ed25519', random(31), random(32)]])],
    ['a private key of zero', (fields) => fields.set('keys', [[1, 'P-256', new Uint8Array(32), random(65)]])],
    [
      'a public key of another length',
      (fields) => fields.set('keys', [[1, 'P-256', random(32).fill(1), random(33)]]),
    ],
    ['a key without its last part', (fields) => fields.set('keys', [[1, 'Ed25519', random(32)]])],
    [
      'half a personalisation',
      (fields) => fields.set('personalisation', new Map([['iccid', '89882000000000000013']])),
    ],
  ])('is refused with %s', (_, change) => {
    expect(() => blockchainSimState.decode(image(change))).toThrow(notRead);
  });

  it.each([
    ['iccid', '89882000000000000014'],
    ['imsi', '00101'],
    ['pin', [new Uint8Array(8), 4]],
    ['pin', [new Uint8Array(7), 3]],
    ['puk', [new Uint8Array(8), 11]],
    ['puk', [new Uint8Array(8), -1]],
  ] as const)('is refused with a bad %s', (name, value) => {
    const good = new Map<string, CborValue>([
      ['iccid', '89882000000000000013'],
      ['imsi', '001010000000001'],
      ['pin', [new Uint8Array(8), 3]],
      ['puk', [new Uint8Array(8), 10]],
    ]);
    const withPersonalisation = (map: Map<string, CborValue>) =>
      image((fields) => fields.set('personalisation', map));
    expect(blockchainSimState.decode(withPersonalisation(good)).personalisation?.imsi).toBe(
      '001010000000001',
    );
    expect(() => blockchainSimState.decode(withPersonalisation(new Map([...good, [name, value]])))).toThrow(
      notRead,
    );
  });

  it('is read or refused, whatever the bytes', () => {
    const encoded = blockchainSimState.encode(full);
    fc.assert(
      fc.property(fc.nat(encoded.length - 1), fc.nat(255), fc.nat(encoded.length), (at, value, length) => {
        const bytes = encoded.slice(0, length);
        if (at < bytes.length) bytes[at] = value;
        try {
          blockchainSimState.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EmulatorError);
        }
      }),
    );
  });
});
