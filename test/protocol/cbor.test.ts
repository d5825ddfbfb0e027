// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import {
  asArray,
  asBytes,
  asMap,
  asText,
  asUint,
  CBOR_DEPTH_MAX,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../protocol/cbor.ts';
import { readFixture } from '../support/fixture.ts';

const vectors = readFixture<{
  readonly integers: readonly { readonly hex: string; readonly value: string }[];
  readonly values: readonly { readonly hex: string; readonly value: unknown }[];
  readonly byteStrings: readonly { readonly hex: string; readonly value: string }[];
  readonly integerKeys: readonly { readonly hex: string; readonly entries: readonly [number, number][] }[];
  readonly refused: readonly { readonly hex: string; readonly holds: string }[];
  readonly notDeterministic: { readonly cases: readonly (readonly [hex: string, title: string])[] };
}>('protocol/cbor.json');

/** JSON with its objects as maps, as CBOR values are here. */
const fromJson = (value: unknown): CborValue => {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value !== null && typeof value === 'object')
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
  return value as CborValue;
};
const refusal = expect.objectContaining({ code: 'protocol/bad-cbor' });

const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.startsWith('\ufeff'));
const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(integer, text, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 40 })),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.integer(), text), tie('value')), {
        selector: ([key]) => `${typeof key} ${key}`,
        maxLength: 5,
      })
      .map((entries) => new Map(entries)),
  ),
}));

/** The same value with every map in the order of its encoded keys, so that two can be compared. */
const sorted = (value: CborValue): CborValue => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!(value instanceof Map)) return Object.is(value, -0) ? 0 : value;
  const entries = [...value.entries()].map(([key, item]) => [key, sorted(item)] as const);
  const byKey = (
    [a]: readonly [number | string, CborValue],
    [b]: readonly [number | string, CborValue],
  ): number => Buffer.compare(encodeCbor(a), encodeCbor(b));
  return new Map(entries.toSorted(byKey));
};

describe('deterministic CBOR', () => {
  it.each(vectors.integers)('reads and writes the integer $value', ({ hex, value }) => {
    const expected = BigInt(value);
    const read = decodeCbor(fromHex(hex));
    expect(BigInt(read as number | bigint)).toBe(expected);
    expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
    expect(toHex(encodeCbor(read))).toBe(hex);
    expect(toHex(encodeCbor(expected))).toBe(hex);
  });

  it.each(vectors.values)('reads and writes $hex', ({ hex, value }) => {
    expect(decodeCbor(fromHex(hex))).toEqual(fromJson(value));
    expect(toHex(encodeCbor(fromJson(value)))).toBe(hex);
  });

  it.each(vectors.byteStrings)('reads and writes the bytes $value', ({ hex, value }) => {
    expect(decodeCbor(fromHex(hex))).toEqual(fromHex(value));
    expect(toHex(encodeCbor(fromHex(value)))).toBe(hex);
  });

  it.each(vectors.integerKeys)('reads and writes a map with integer keys: $hex', ({ hex, entries }) => {
    expect(decodeCbor(fromHex(hex))).toEqual(new Map(entries));
    expect(toHex(encodeCbor(new Map(entries)))).toBe(hex);
  });

  it.each(vectors.refused)('refuses $holds: $hex', ({ hex }) => {
    expect(() => decodeCbor(fromHex(hex))).toThrowError(refusal);
  });

  it.each(vectors.notDeterministic.cases)('refuses %s: %s', (hex) => {
    expect(() => decodeCbor(fromHex(hex))).toThrowError(refusal);
  });

  it('writes the keys of a map in the order of their bytes, whatever the order they came in', () => {
    const keys = ['aa', 'b', 'z', 10, 100, -1, 0];
    const map = new Map(keys.map((key) => [key, null]));
    // RFC 8949 §4.2.1: 10, 100, -1, "z", "aa" is the order of its example.
    expect(toHex(encodeCbor(map))).toBe('a700f60af61864f620f66162f6617af6626161f6');
  });

  it.each([
    ['1.5', 1.5],
    ['infinity', Number.POSITIVE_INFINITY],
    ['NaN', Number.NaN],
    ['a number beyond 2^53', 2 ** 53],
    ['a float in a map', new Map([[1, [1.5]]])],
    ['a float as key', new Map([[1.5, 1]])],
    ['a key of bytes', new Map([[fromHex('00'), 1]]) as unknown as CborValue],
    ['a text that begins with a byte order mark', '\ufefftext'],
  ])('does not write %s', (_title, value) => {
    expect(() => encodeCbor(value)).toThrowError(refusal);
  });

  it.each([
    ['an integer above 64 bits', 2n ** 64n],
    ['an integer below 64 bits', -(2n ** 64n) - 1n],
    ['undefined', undefined],
    ['undefined in an array', [undefined]],
    ['an object that is no map', { a: 1 }],
    ['an array of 16-bit integers', Uint16Array.of(1)],
    ['a function', () => 1],
  ])('refuses to write %s', (_, value) => {
    expect(() => encodeCbor(value as CborValue)).toThrowError(refusal);
  });

  it('refuses to write lone surrogates, all of which UTF-8 would show as the same character', () => {
    for (const text of ['\ud800', 'a\udfff', '\udc00\ud800'])
      expect(() => encodeCbor(new Map([[text, text]]))).toThrowError(refusal);
    expect(toHex(encodeCbor('\ud800\udc00'))).toBe('64f0908080');
  });

  it('refuses a text that begins with a byte order mark whatever its length', () => {
    for (const length of [0, 1, 20, 61, 62, 100, 1000]) {
      const body = Buffer.concat([fromHex('efbbbf'), Buffer.alloc(length, 'a')]);
      const head = body.length < 24 ? [0x60 + body.length] : [0x79, body.length >> 8, body.length & 0xff];
      if (body.length >= 24 && body.length < 256) head.splice(0, 3, 0x78, body.length);
      expect(() => decodeCbor(Uint8Array.from([...head, ...body]))).toThrowError(refusal);
    }
  });

  it.each([
    ['arrays', [0x81]],
    ['maps', [0xa1, 0x00]],
  ])(`reads %s nested ${CBOR_DEPTH_MAX} deep and no deeper, however deep`, (_title, opening) => {
    const nested = (depth: number): Uint8Array =>
      Uint8Array.from([...Array.from({ length: depth }, () => opening).flat(), 0x00]);
    expect(encodeCbor(decodeCbor(nested(CBOR_DEPTH_MAX)))).toEqual(nested(CBOR_DEPTH_MAX));
    for (const depth of [CBOR_DEPTH_MAX + 1, 100, 1000, 3000, 4000, 6000, 20_000, 200_000])
      expect(() => decodeCbor(nested(depth)), `${depth} deep`).toThrowError(refusal);
  });

  it('reads back what it writes, for every value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value);
        const read = decodeCbor(bytes);
        expect(sorted(read)).toEqual(sorted(value));
        expect(toHex(encodeCbor(read))).toBe(toHex(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('reads any bytes to the one encoding of their value, or refuses them with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        let value: CborValue;
        try {
          value = decodeCbor(bytes);
        } catch (error) {
          expect(error).toEqual(refusal);
          return;
        }
        expect(toHex(encodeCbor(value))).toBe(toHex(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a good encoding with one byte changed to the one encoding of its value, or refuses it', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, place, byte) => {
        const bytes = encodeCbor(value).slice();
        bytes[place % bytes.length] = byte;
        try {
          expect(toHex(encodeCbor(decodeCbor(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toEqual(refusal);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the readers of decoded values', () => {
  it('give an unsigned integer as bigint', () => {
    expect(asUint(5, 'height')).toBe(5n);
    expect(asUint(2n ** 64n - 1n, 'height')).toBe(2n ** 64n - 1n);
  });

  it.each([
    ['asUint', () => asUint(-1, 'amount'), 'amount is number, expected an unsigned integer'],
    ['asUint', () => asUint(-1n, 'amount'), 'amount is bigint, expected an unsigned integer'],
    ['asUint', () => asUint('1', 'amount'), 'amount is string, expected an unsigned integer'],
    ['asUint', () => asUint(undefined, 'amount'), 'amount is nothing, expected an unsigned integer'],
    ['asBytes', () => asBytes('aa', 'key'), 'key is string, expected a byte string'],
    ['asBytes', () => asBytes(fromHex('00'), 'key', 32), 'key is 1 bytes, expected a byte string of 32'],
    ['asText', () => asText(fromHex('00'), 'name'), 'name is 1 bytes, expected a text string'],
    ['asArray', () => asArray(new Map(), 'list'), 'list is object, expected an array'],
    ['asMap', () => asMap([], 'body', []), 'body is object, expected a map'],
    ['asMap', () => asMap(new Map(), 'body', [1]), 'body without key 1'],
    ['asMap', () => asMap(new Map([[2, 0]]), 'body', [], [1]), 'body with unknown key 2'],
  ])('say what was found and what was expected: %s, %#', (_name, read, message) => {
    expect(read).toThrowError(refusal);
    expect(read).toThrowError(message);
  });

  it('give a map with its required and optional keys', () => {
    const map = new Map<number, CborValue>([
      [1, 'a'],
      [3, 'c'],
    ]);
    expect(asMap(map, 'body', [1], [2, 3])).toBe(map);
  });
});
