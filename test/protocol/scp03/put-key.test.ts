// SPDX-License-Identifier: Apache-2.0
import { createCipheriv } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import type { Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import { decodePutKey, encodePutKey, putKeyResponse } from '../../../protocol/scp03/put-key.ts';
import { readFixture } from '../../support/fixture.ts';

type HexKeys = {
  readonly version: number;
  readonly enc: string;
  readonly mac: string;
  readonly dek: string;
};
const { putKey, putKeyPadded } = readFixture<{
  readonly putKey: { readonly dek: string; readonly keys: HexKeys; readonly data: string };
  readonly putKeyPadded: { readonly dek: string; readonly key: string; readonly field: string };
}>('crypto/scp03.json');
const published: Scp03KeySet = {
  version: putKey.keys.version,
  enc: fromHex(putKey.keys.enc),
  mac: fromHex(putKey.keys.mac),
  dek: fromHex(putKey.keys.dek),
};
const dek = fromHex(putKey.dek);
const badLayout = expect.objectContaining({ code: 'protocol/bad-layout' });

/** One key field as OpenSSL, through Node, encrypts it: the clear length where asked for. */
function opensslField(key: Uint8Array, under: Uint8Array, withLength: boolean, filler = 0): Uint8Array {
  const encrypt = (algorithm: string, with_: Uint8Array, iv: Uint8Array | null, data: Uint8Array) =>
    createCipheriv(algorithm, with_, iv).setAutoPadding(false).update(data);
  const padded = new Uint8Array(Math.ceil(key.length / 16) * 16).fill(filler);
  padded.set(key);
  const block = encrypt(`aes-${under.length * 8}-cbc`, under, new Uint8Array(16), padded);
  const kcv = encrypt(`aes-${key.length * 8}-ecb`, key, null, new Uint8Array(16).fill(1)).subarray(0, 3);
  const value = withLength ? concat(Uint8Array.of(key.length), block) : block;
  return concat(Uint8Array.of(0x88, value.length), value, Uint8Array.of(3), kcv);
}
const opensslData = (keys: Scp03KeySet, under: Uint8Array, withLength: boolean, filler = 0): Uint8Array =>
  concat(
    Uint8Array.of(keys.version),
    ...[keys.enc, keys.mac, keys.dek].map((key) => opensslField(key, under, withLength, filler)),
  );

const keySets = fc.constantFrom(16, 24, 32).chain((length) => {
  const key = fc.uint8Array({ minLength: length, maxLength: length });
  return fc.record({ version: fc.integer({ min: 1, max: 127 }), enc: key, mac: key, dek: key });
});
const deks = fc.constantFrom(16, 24, 32).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }));

describe('PUT KEY', () => {
  it('writes and reads the field published for AES-128', () => {
    expect(toHex(encodePutKey(published, dek))).toBe(putKey.data);
    expect(decodePutKey(fromHex(putKey.data), dek)).toEqual(published);
  });

  it('reads the key of 24 bytes published with another padding than ours', () => {
    const field = fromHex(putKeyPadded.field);
    const key = fromHex(putKeyPadded.key);
    const data = concat(Uint8Array.of(4), field, field, field);
    expect(decodePutKey(data, fromHex(putKeyPadded.dek))).toEqual({
      version: 4,
      enc: key,
      mac: key,
      dek: key,
    });
  });

  it('writes what OpenSSL encrypts, with and without the length of the clear key', () => {
    fc.assert(
      fc.property(keySets, deks, (keys, under) => {
        expect(encodePutKey(keys, under)).toEqual(opensslData(keys, under, true));
        const always = keys.enc.length === 24;
        const without = encodePutKey(keys, under, { clearLength: false });
        expect(without).toEqual(opensslData(keys, under, always));
      }),
      { numRuns: 60 },
    );
  });

  it('reads what OpenSSL encrypts, with and without the length, whatever the padding', () => {
    fc.assert(
      fc.property(
        keySets,
        deks,
        fc.boolean(),
        fc.integer({ min: 0, max: 255 }),
        (keys, under, length, filler) => {
          const data = opensslData(keys, under, length || keys.enc.length === 24, filler);
          expect(decodePutKey(data, under)).toEqual(keys);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('answers the version and the three check values', () => {
    expect(toHex(putKeyResponse(published))).toBe('03c35280013808840de5');
  });

  it('refuses a field under another DEK, by the check values', () => {
    expect(() => decodePutKey(fromHex(putKey.data), fromHex('00'.repeat(16)))).toThrow(badLayout);
  });

  it('refuses a field with any byte changed but the version', () => {
    const data = fromHex(putKey.data);
    for (let at = 1; at < data.length; at++) {
      const changed = data.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(() => decodePutKey(changed, dek), `byte ${at}`).toThrow(badLayout);
    }
  });

  it.each([
    ['version 0', '00', 1],
    ['version 128', '80', 1],
    ['a 3DES key', '0380', 2],
  ])('refuses %s', (_, start, length) => {
    expect(() => decodePutKey(fromHex(start + putKey.data.slice(2 * length)), dek)).toThrow(badLayout);
  });

  it('refuses two keys, four keys, keys of two lengths, and a check value left out', () => {
    const [first = '', second = '', third = ''] = [0, 1, 2].map((n) =>
      putKey.data.slice(2 + n * 46, 48 + n * 46),
    );
    const of = (...fields: readonly string[]) => fromHex(`03${fields.join('')}`);
    expect(decodePutKey(of(first, second, third), dek)).toEqual(published);
    expect(() => decodePutKey(of(first, second), dek)).toThrow(badLayout);
    expect(() => decodePutKey(of(first, second, third, third), dek)).toThrow(badLayout);
    expect(() => decodePutKey(of(first, second, `${third.slice(0, -8)}00`), dek)).toThrow(badLayout);
    const longer = toHex(opensslField(new Uint8Array(32), dek, true));
    expect(() => decodePutKey(of(first, second, longer), dek)).toThrow(badLayout);
  });

  it('refuses arbitrary bytes with nothing but its own error', () => {
    const headed = fc.uint8Array({ maxLength: 90 }).map((rest) => concat(fromHex('03881110'), rest));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), headed), (bytes) => {
        expect(() => decodePutKey(bytes, dek)).toThrow(ProtocolError);
      }),
      { numRuns: 500 },
    );
  });
});
