// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { bytes, fitsLength, list, mapped, nothing, optional, sequence, tlvs } from '../../protocol/layout.ts';

const refusal = expect.objectContaining({ code: 'protocol/bad-layout' });
const byte = mapped(
  bytes('number', 1),
  (value) => value[0] ?? 0,
  (value) => Uint8Array.of(value),
);

describe('no data', () => {
  it('is zero bytes and nothing else', () => {
    expect(nothing.encode()).toEqual(new Uint8Array(0));
    expect(nothing.decode(new Uint8Array(0))).toBeUndefined();
    expect(() => nothing.decode(fromHex('00'))).toThrowError(refusal);
    expect(fitsLength(nothing, 1)).toBe(false);
  });
});

describe('a byte string', () => {
  const layout = bytes('challenge', 2, 4);

  it('says its name and length', () => {
    expect(layout.text).toBe('challenge (2–4)');
    expect(bytes('key', 32).text).toBe('key (32)');
  });

  it.each(['0102', '01020304'])('of %s is read and written', (hex) => {
    expect(toUpperHex(layout.decode(fromHex(hex)))).toBe(hex);
    expect(toUpperHex(layout.encode(fromHex(hex)))).toBe(hex);
  });

  it.each(['', '01', '0102030405'])('of %j is refused both ways', (hex) => {
    expect(() => layout.decode(fromHex(hex))).toThrowError(refusal);
    expect(() => layout.encode(fromHex(hex))).toThrowError(refusal);
    expect(fitsLength(layout, hex.length / 2)).toBe(false);
  });

  it('is read as a copy', () => {
    const source = fromHex('0102');
    const read = layout.decode(source);
    source.fill(0);
    expect(toUpperHex(read)).toBe('0102');
  });
});

describe('an optional field', () => {
  const layout = optional(bytes('PIN block', 8));

  it('is absent or whole, never in between', () => {
    expect(layout.text).toBe('[PIN block (8)]');
    expect([0, 1, 7, 8, 9].map((length) => fitsLength(layout, length))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(layout.decode(new Uint8Array(0))).toBeUndefined();
    expect(layout.encode(undefined)).toEqual(new Uint8Array(0));
    expect(() => layout.decode(fromHex('01'))).toThrowError(refusal);
  });
});

describe('a sequence', () => {
  const layout = sequence({ first: bytes('first', 1), second: bytes('second', 2) });

  it('lies one behind the other', () => {
    expect(layout.text).toBe('first (1) ‖ second (2)');
    expect(toUpperHex(layout.encode({ first: fromHex('01'), second: fromHex('0203') }))).toBe('010203');
    expect(layout.decode(fromHex('010203'))).toEqual({ first: fromHex('01'), second: fromHex('0203') });
  });

  it.each(['', '0102', '01020304'])('is refused with another length: %j', (hex) => {
    expect(() => layout.decode(fromHex(hex))).toThrowError(refusal);
  });
});

describe('data objects', () => {
  const layout = tlvs({ reference: [0x84, byte], name: [0x5f20, bytes('name', 1, 3)] });
  const inTemplate = tlvs({ reference: [0x84, byte], name: [0x5f20, bytes('name', 1, 3)] }, 0xb6);

  it('are written in the order given and read in any', () => {
    expect(toUpperHex(layout.encode({ reference: 1, name: fromHex('AABB') }))).toBe('8401015F2002AABB');
    const value = { reference: 1, name: fromHex('AABB') };
    expect(layout.decode(fromHex('840101 5F2002AABB'))).toEqual(value);
    expect(layout.decode(fromHex('5F2002AABB 840101'))).toEqual(value);
    expect(inTemplate.decode(fromHex('B608 840101 5F2002AABB'))).toEqual(value);
  });

  it('say what they hold and how long they may be', () => {
    expect(layout.text).toBe('{84 number (1), 5F20 name (1–3)}');
    expect(inTemplate.text).toBe('B6 {84 number (1), 5F20 name (1–3)}');
    expect([layout.min, layout.max, inTemplate.min, inTemplate.max]).toEqual([7, 9, 9, 11]);
  });

  it.each([
    ['nothing', ''],
    ['one missing', '840101'],
    ['one twice', '840101 840101 5F2001AA'],
    ['an unknown one', '840101 5F2001AA 850100'],
    ['a value too long', '840101 5F2004AABBCCDD'],
    ['a value too short', '8400 5F2001AA'],
  ])('are refused with %s', (_title, hex) => {
    expect(() => layout.decode(fromHex(hex))).toThrowError(refusal);
  });

  it.each([
    ['another template', 'B706 840101 5F2001AA'],
    ['two templates', 'B606 840101 5F2001AA B600'],
    ['no template', '840101 5F2001AA'],
  ])('in a template are refused with %s', (_title, hex) => {
    expect(() => inTemplate.decode(fromHex(hex))).toThrowError(ProtocolError);
  });

  it('are read from any bytes, or refused with an error of the contract', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (any) => {
        try {
          layout.decode(any);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('a list of templates', () => {
  const layout = list(tlvs({ reference: [0x84, byte] }), 0xb6, 2);

  it('holds none up to the most', () => {
    expect(layout.text).toBe('B6 {{84 number (1)}} × 0–2');
    expect(layout.max).toBe(10);
    expect(layout.decode(fromHex(''))).toEqual([]);
    expect(layout.decode(fromHex('B603840101 B603840102'))).toEqual([{ reference: 1 }, { reference: 2 }]);
    expect(toUpperHex(layout.encode([{ reference: 1 }, { reference: 2 }]))).toBe('B603840101B603840102');
  });

  it.each([
    ['one too many', 'B603840101 B603840102 B603840103'],
    ['another tag', 'B703840101'],
  ])('is refused with %s', (_title, hex) => {
    expect(() => layout.decode(fromHex(hex))).toThrowError(refusal);
  });
});
