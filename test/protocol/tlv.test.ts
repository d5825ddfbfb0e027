// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { encodeTlv, findTlv, formatTag, isConstructed, parseTlv, type Tlv } from '../../protocol/tlv.ts';
import { readFixture } from '../support/fixture.ts';

/** Tag in hexadecimal, and the value in hexadecimal or the objects in it. */
type Tree = readonly (readonly [tag: string, value: string | Tree])[];
const vectors = readFixture<{
  readonly objects: readonly { readonly title: string; readonly bytes: string; readonly tree: Tree }[];
  readonly lengths: readonly { readonly length: number; readonly field: string }[];
  readonly tags: readonly { readonly bytes: string; readonly tag: number; readonly constructed: boolean }[];
  readonly refused: readonly { readonly title: string; readonly bytes: string; readonly offset: number }[];
}>('protocol/tlv.json');

/** The whole tree of data objects, as the fixture writes it. */
const treeOf = (bytes: Uint8Array): Tree =>
  parseTlv(bytes).map(({ tag, value }) => [
    formatTag(tag),
    isConstructed(tag) ? treeOf(value) : toUpperHex(value),
  ]);
const encodeTree = (tree: Tree): Uint8Array =>
  concat(
    ...tree.map(([tag, value]) =>
      encodeTlv(Number.parseInt(tag, 16), typeof value === 'string' ? fromHex(value) : encodeTree(value)),
    ),
  );

const tags = vectors.tags.map(({ tag }) => tag);
const objects = fc.array(
  fc.record({ tag: fc.constantFrom(...tags), value: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 5 },
);

describe('BER-TLV', () => {
  it.each(vectors.objects)('reads and writes the $title', ({ bytes, tree }) => {
    expect(treeOf(fromHex(bytes))).toEqual(tree);
    expect(toUpperHex(encodeTree(tree))).toBe(bytes);
  });

  it.each(vectors.lengths)('writes a length of $length as $field, and reads it', ({ length, field }) => {
    const value = new Uint8Array(length).fill(0xa5);
    const bytes = concat(fromHex(`84${field}`), value);
    expect(encodeTlv(0x84, value)).toEqual(bytes);
    expect(parseTlv(bytes)).toEqual([{ tag: 0x84, value }]);
  });

  it.each(vectors.tags)('reads and writes the tag $bytes', ({ bytes, tag, constructed }) => {
    expect(parseTlv(fromHex(`${bytes}00`))).toEqual([{ tag, value: new Uint8Array(0) }]);
    expect(toUpperHex(encodeTlv(tag, new Uint8Array(0)))).toBe(`${bytes}00`);
    expect(formatTag(tag)).toBe(bytes);
    expect(isConstructed(tag)).toBe(constructed);
  });

  it.each(['840101', '84810101', '8482000101', '848300000101', '84840000000101'])(
    'reads a length in up to four bytes more than it needs: %s',
    (bytes) => {
      expect(parseTlv(fromHex(bytes))).toEqual([{ tag: 0x84, value: fromHex('01') }]);
    },
  );

  it.each(vectors.refused)('refuses $title', ({ bytes, offset }) => {
    expect(() => parseTlv(fromHex(bytes))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-tlv', details: { offset } }),
    );
  });

  it('skips padding of 00 before, between and after data objects', () => {
    const found = parseTlv(fromHex('0000840101 00 8501020000'));
    expect(found.map(({ tag }) => tag)).toEqual([0x84, 0x85]);
  });

  it('gives the first object of a tag, or none', () => {
    const bytes = fromHex('840101 850102 840103');
    expect(findTlv(bytes, 0x84)).toEqual(fromHex('01'));
    expect(findTlv(bytes, 0x86)).toBeUndefined();
  });

  it('joins several values in one object', () => {
    expect(toUpperHex(encodeTlv(0xa5, fromHex('840101'), fromHex('850102')))).toBe('A506840101850102');
  });

  it('reads back what it writes, for every row of objects', () => {
    fc.assert(
      fc.property(objects, (all) => {
        expect(parseTlv(concat(...all.map(({ tag, value }) => encodeTlv(tag, value))))).toEqual(all);
      }),
    );
  });

  it('reads any bytes, or refuses them with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let found: readonly Tlv[];
        try {
          found = parseTlv(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        const values = found.reduce((sum, { value }) => sum + value.length, 0);
        expect(values + 2 * found.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it('reads one damaged byte of a good object, or refuses it with its own error', () => {
    const good = fromHex(vectors.objects[1]?.bytes ?? '');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const bytes = good.slice();
        bytes[at] = value;
        try {
          treeOf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
