// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cborReader,
  MAJOR,
  NESTING_MAX,
} from '../../../../../applet-sim/applets/blockchain-sim/transaction/cbor-reader.ts';
import { StatusFault } from '../../../../../applet-sim/runtime/status-fault.ts';
import { concat, fromHex, toHex, utf8 } from '../../../../../protocol/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../../../../../protocol/cbor.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { readFixture } from '../../../../support/fixture.ts';
import {
  allItems,
  DEFECT_KINDS,
  damage,
  encodeItem,
  type Item,
  parseItem,
} from '../../../support/loose-cbor.ts';

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
    return new Map(Object.entries(value).map(([key, each]) => [key, fromJson(each)]));
  return value as CborValue;
};

type Open = {
  readonly major: number;
  readonly argument: bigint;
  readonly parts: Uint8Array[];
  readonly items: CborValue[];
};

/** The value of a head and of what came after it. */
function valueFrom({ major, argument, parts, items }: Open): CborValue {
  const integer = major === MAJOR.nint ? -1n - argument : argument;
  switch (major) {
    case MAJOR.uint:
    case MAJOR.nint:
      return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
    case MAJOR.bytes:
      return concat(...parts);
    case MAJOR.text:
      return Buffer.concat(parts).toString('utf8');
    case MAJOR.array:
      return items;
    case MAJOR.map:
      return new Map(
        items.flatMap((key, at) =>
          at % 2 === 0 ? [[key as number | string, items[at + 1] as CborValue]] : [],
        ),
      );
    default:
      return argument === 22n ? null : argument === 21n;
  }
}

/** The value that the events of the reader tell of the parts. Throws what the reader throws. */
function read(...parts: readonly Uint8Array[]): CborValue | undefined {
  const open: Open[] = [];
  let whole: CborValue | undefined;
  const reader = cborReader({
    head: (major, argument) => {
      open.push({ major, argument, parts: [], items: [] });
    },
    content: (part) => {
      open.at(-1)?.parts.push(part.slice());
    },
    end: (depth) => {
      const value = valueFrom(open.pop() as Open);
      expect(open).toHaveLength(depth);
      if (depth === 0) whole = value;
      else open.at(-1)?.items.push(value);
    },
  });
  for (const part of parts) reader.write(part);
  expect(reader.complete).toBe(whole !== undefined);
  return whole;
}

const bytesOf = (bytes: Uint8Array): Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));
const refusal = expect.objectContaining({ sw: SW.badData });

/** Whether the reader takes the bytes as one item. Any other fault than its own is thrown. */
function accepts(bytes: Uint8Array): boolean {
  try {
    return read(bytes) !== undefined;
  } catch (fault) {
    if (!(fault instanceof StatusFault)) throw fault;
    expect(fault.sw).toBe(SW.badData);
    return false;
  }
}

/** What the chain's decoder takes. */
function chainAccepts(bytes: Uint8Array): boolean {
  try {
    decodeCbor(bytes);
    return true;
  } catch {
    return false;
  }
}

const depthOf = ({ major, items }: Item): number =>
  major === 4 || major === 5 ? 1 + Math.max(0, ...items.map(depthOf)) : 0;

/**
 * Why the card may refuse deterministic CBOR that the chain takes. All of it saves memory on the chip, and a transaction
 * that it shuts out moves no money otherwise than its holder saw: it is not signed.
 */
function beyondTheCard(bytes: Uint8Array): boolean {
  const root = parseItem(bytes);
  const keys = allItems(root).flatMap(({ major, items }) =>
    major === 5 ? items.filter((_item, at) => at % 2 === 0) : [],
  );
  return (
    // A frame of 35 bytes for each level.
    depthOf(root) > NESTING_MAX ||
    // A slot of 32 bytes for the last key of each level.
    keys.some((key) => encodeItem(key).length > 32) ||
    // The chain stops at 2^53, where its numbers do; a border at 2^32 needs no arithmetic.
    keys.some(({ major, argument }) => major <= 1 && argument >= 2n ** 32n) ||
    // Lengths and counts in two bytes; a transaction is shorter.
    allItems(root).some(({ major, argument }) => major >= 2 && major <= 5 && argument >= 0x1_0000n)
  );
}

const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.startsWith('\ufeff'));
const key = fc.oneof(
  fc.integer(),
  fc.integer({ min: -30, max: 30 }),
  text,
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 2 ** 32 - 2, max: 2 ** 32 + 2 }),
);
const integer = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 10, withCrossShrink: true },
    fc.oneof(integer, text, fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 300 })),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), {
        selector: ([each]) => `${typeof each} ${each}`,
        maxLength: 5,
      })
      .map((entries) => new Map(entries)),
  ),
}));

describe('the reader of deterministic CBOR on RFC 8949 Appendix A', () => {
  it.each(vectors.integers)('reads the integer $value', ({ hex, value }) => {
    expect(BigInt(read(fromHex(hex)) as number | bigint)).toBe(BigInt(value));
  });

  it.each(vectors.values)('reads $hex, whole and byte by byte', ({ hex, value }) => {
    expect(read(fromHex(hex))).toEqual(fromJson(value));
    expect(read(...bytesOf(fromHex(hex)))).toEqual(fromJson(value));
  });

  it.each(vectors.byteStrings)('reads the bytes $value', ({ hex, value }) => {
    expect(read(fromHex(hex))).toEqual(fromHex(value));
  });

  it.each(vectors.integerKeys)('reads a map with integer keys: $hex', ({ hex, entries }) => {
    expect(read(fromHex(hex))).toEqual(new Map(entries));
  });

  it.each(vectors.refused)('refuses $holds: $hex', ({ hex }) => {
    expect(() => read(fromHex(hex))).toThrow(refusal);
  });

  // Bytes that end too early are not refused but wait for more; the whole is never there.
  it.each(vectors.notDeterministic.cases)('does not accept %s: %s', (hex) => {
    expect(accepts(fromHex(hex))).toBe(false);
  });
});

describe('the reader of deterministic CBOR', () => {
  it.each(['80', 'a0', '00', '60', '41ff', '8100', 'a10000'])('refuses a byte after %s', (hex) => {
    expect(() => read(fromHex(hex), Uint8Array.of(0))).toThrow(refusal);
    expect(() => read(fromHex(`${hex}00`))).toThrow(refusal);
  });

  it.each([
    ['arrays', '81', '00'],
    ['maps', 'a100', '00'],
  ])('takes 8 %s in each other and refuses 9', (_what, opening, inner) => {
    expect(accepts(fromHex(opening.repeat(NESTING_MAX) + inner))).toBe(true);
    expect(() => read(fromHex(opening.repeat(NESTING_MAX + 1)))).toThrow(refusal);
    // An empty one counts, too.
    expect(accepts(fromHex(`${opening.repeat(NESTING_MAX - 1)}80`))).toBe(true);
    expect(() => read(fromHex(`${opening.repeat(NESTING_MAX)}80`))).toThrow(refusal);
  });

  it('takes a text key of 30 bytes, with its head 32, and refuses one of 31', () => {
    expect(accepts(fromHex(`a1781e${'61'.repeat(30)}00`))).toBe(true);
    expect(() => read(fromHex('a1781f'))).toThrow(refusal);
    expect(() => read(fromHex('a17903e8'))).toThrow(refusal);
  });

  it('takes integer keys up to 2^32-1 and down to -2^32, and refuses longer ones', () => {
    expect(accepts(fromHex('a11affffffff00'))).toBe(true);
    expect(accepts(fromHex('a13affffffff00'))).toBe(true);
    expect(() => read(fromHex('a11b'))).toThrow(refusal);
    expect(() => read(fromHex('a13b'))).toThrow(refusal);
  });

  it('refuses lengths and counts in four bytes', () => {
    for (const hex of ['5a', '7a', '9a', 'ba', '5b', '7b', '9b', 'bb'])
      expect(() => read(fromHex(hex)), hex).toThrow(refusal);
  });

  it('keeps the last key of each map apart', () => {
    // {1: {2: {}, 3: 0}, 2: {1: 0}}: within a map keys rise, whatever those of the maps around it were.
    expect(read(fromHex('a201a202a0030002a10100'))).toEqual(
      new Map<number, CborValue>([
        [
          1,
          new Map<number, CborValue>([
            [2, new Map()],
            [3, 0],
          ]),
        ],
        [2, new Map([[1, 0]])],
      ]),
    );
    // {1: {5: 0}, 2: 0}, and with the last key 1, the same again, and 1 after 2
    expect(accepts(fromHex('a201a105000200'))).toBe(true);
    expect(() => read(fromHex('a201a105000100'))).toThrow(refusal);
    expect(() => read(fromHex('a202a1050001'))).toThrow(refusal);
  });

  it('tells content in the parts that came, without an empty one', () => {
    const lengths: number[] = [];
    const reader = cborReader({
      head: () => {},
      content: (part) => lengths.push(part.length),
      end: () => {},
    });
    for (const part of ['84', '40', '44aa', 'bbcc', '', 'dd60', '6161']) reader.write(fromHex(part));
    expect(reader.complete).toBe(true);
    expect(lengths).toEqual([1, 2, 1, 1]);
  });

  it('reads every value that it has room for as the chain does, whatever the parts', () => {
    fc.assert(
      fc.property(anyValue, fc.array(fc.nat()), (value, cuts) => {
        const bytes = encodeCbor(value);
        if (beyondTheCard(bytes)) {
          expect(accepts(bytes)).toBe(false);
          return;
        }
        const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const parts = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
        expect(toHex(encodeCbor(read(...parts) as CborValue))).toBe(toHex(bytes));
        expect(read(...bytesOf(bytes))).toEqual(decodeCbor(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts damaged encodings exactly when the chain does and it has room for them', () => {
    let accepted = 0;
    const defect = fc.record({ kind: fc.nat(DEFECT_KINDS - 1), at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(anyValue, fc.array(defect, { minLength: 1, maxLength: 2 }), (value, defects) => {
        const root = parseItem(encodeCbor(value));
        for (const each of defects) damage(root, each);
        const bytes = encodeItem(root);
        const byChain = chainAccepts(bytes);
        expect(accepts(bytes)).toBe(byChain && !beyondTheCard(bytes));
        if (byChain) accepted++;
      }),
      { numRuns: 4000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('accepts any bytes exactly when the chain does and it has room for them', () => {
    const changed = fc.tuple(anyValue, fc.nat(), fc.nat(255), fc.nat(2)).map(([value, at, byte, kind]) => {
      const bytes = [...encodeCbor(value)];
      bytes.splice(at % bytes.length, kind === 2 ? 0 : 1, ...(kind === 1 ? [] : [byte]));
      return Uint8Array.from(bytes);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), changed), (bytes) => {
        expect(accepts(bytes)).toBe(chainAccepts(bytes) && !beyondTheCard(bytes));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('text', () => {
  it('may not begin with a byte order mark, and may hold one', () => {
    expect(() => read(fromHex('63efbbbf'))).toThrow(refusal);
    expect(() => read(fromHex('64efbbbf61'))).toThrow(refusal);
    expect(() => read(...bytesOf(fromHex('64efbbbf61')))).toThrow(refusal);
    expect(() => read(fromHex('a163efbbbf00'))).toThrow(refusal);
    expect(read(fromHex('6461efbbbf'))).toBe('a\ufeff');
    expect(read(fromHex('63efbbbe'))).toBe('\ufefe');
    // Byte strings are no text.
    expect(read(fromHex('43efbbbf'))).toEqual(fromHex('efbbbf'));
  });

  it('may be cut anywhere', () => {
    const bytes = concat(Uint8Array.of(0x75), utf8('aé水𐅑 aé水𐅑'));
    for (let at = 0; at <= bytes.length; at++)
      expect(read(bytes.subarray(0, at), bytes.subarray(at))).toBe('aé水𐅑 aé水𐅑');
  });
});
