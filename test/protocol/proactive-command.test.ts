// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import {
  decodeProactiveCommand,
  decodeTerminalResponse,
  decodeTextString,
  encodeDisplayText,
  encodeGetInkey,
  encodeTerminalResponse,
  encodeTextString,
  isPerformed,
  NO,
  PROACTIVE_TEXT_MAX,
  saysYes,
  YES,
} from '../../protocol/proactive-command.ts';
import { encodeTlv } from '../../protocol/tlv.ts';
import { readFixture } from '../support/fixture.ts';

type Vector = {
  readonly sequence: string;
  readonly text: string;
  readonly qualifier: number;
  /** Whether it is a command of the kind that is encoded here: coding, qualifier and objects alike. */
  readonly ours: boolean;
  readonly command: string;
  readonly response: string;
  readonly result: number;
  readonly further?: string;
  readonly entered?: string;
  readonly saysYes?: boolean;
};
const vectors = readFixture<{ displayText: Vector[]; getInkey: Vector[] }>('protocol/proactive.json');

const kinds = [
  ['DISPLAY TEXT', 0x21, vectors.displayText, (text: string) => encodeDisplayText(1, text)],
  [
    'GET INKEY',
    0x22,
    vectors.getInkey,
    (text: string, qualifier: number) => encodeGetInkey(1, text, { yesNo: qualifier === 4 }),
  ],
] as const;

describe.each(kinds)('%s of 3GPP TS 31.124', (_, type, list, encode) => {
  it.each(list)('$sequence is read', ({ command, text, qualifier }) => {
    expect(decodeProactiveCommand(fromHex(command))).toEqual({ number: 1, type, qualifier, text });
  });

  it.each(list.filter(({ ours }) => ours))(
    '$sequence is written to the byte',
    ({ command, text, qualifier }) => {
      expect(toUpperHex(encode(text, qualifier))).toBe(command);
    },
  );

  it.each(list)('$sequence: the terminal response is read and written', (vector) => {
    const { response, result, further, entered, qualifier } = vector;
    const expected = {
      details: { number: 1, type, qualifier },
      result,
      ...(further === undefined ? {} : { further: fromHex(further) }),
      ...(entered === undefined ? {} : { text: fromHex(entered) }),
    };
    expect(decodeTerminalResponse(fromHex(response))).toEqual(expected);
    expect(toUpperHex(encodeTerminalResponse(expected))).toBe(response);
    expect(saysYes(expected)).toBe(vector.saysYes === true);
  });
});

describe('a yes', () => {
  const details = { number: 1, type: 0x22, qualifier: 0x04 };

  it('is one only to the question for it, performed, and with that answer alone', () => {
    expect(saysYes({ details, result: 0x00, text: YES })).toBe(true);
    expect(saysYes({ details, result: 0x04, text: YES })).toBe(true);
    expect(saysYes({ details, result: 0x00, text: NO })).toBe(false);
    expect(saysYes({ details, result: 0x00 })).toBe(false);
    expect(saysYes({ details, result: 0x10, text: YES })).toBe(false);
    expect(saysYes({ details, result: 0x00, text: fromHex('0431') })).toBe(false);
    expect(saysYes({ details, result: 0x00, text: fromHex('040101') })).toBe(false);
    expect(saysYes({ details: { ...details, qualifier: 0 }, result: 0x00, text: YES })).toBe(false);
    expect(saysYes({ details: { ...details, type: 0x21 }, result: 0x00, text: YES })).toBe(false);
  });

  it('comes with a result from 00 to 0F, the ones of a command performed', () => {
    expect([0x00, 0x04].map(isPerformed)).toEqual([true, true]);
    expect([0x01, 0x02, 0x07, 0x10, 0x20, 0x30, 0xff].filter(isPerformed)).toEqual([]);
  });
});

describe('a text', () => {
  // Source: 3GPP TS 23.038 §6.2.1 and §6.2.1.1, tables.
  it.each([
    ['@', '0400'],
    ['_', '0411'],
    ['$', '0402'],
    ['Ä', '045B'],
    ['ü', '047E'],
    ['{', '041B28'],
    ['€', '041B65'],
    ['a\nb', '04610A62'],
    ['`', '080060'],
    ['–', '082013'],
    ['😀', '08D83DDE00'],
    ['', '04'],
  ])('%j is carried as %s', (text, hex) => {
    expect(toUpperHex(encodeTextString(text))).toBe(hex);
    expect(decodeTextString(fromHex(hex))).toBe(text);
  });

  it('of any characters comes back as it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        expect(decodeTextString(encodeTextString(text))).toBe(text);
      }),
    );
  });

  it('in an unknown or broken coding is none', () => {
    for (const hex of ['F0414243', '0441FF', '084F'])
      expect(decodeTextString(fromHex(hex)), hex).toBe(undefined);
    const command = fromHex('D0108103012180820281028D05F04F60597D');
    expect(decodeProactiveCommand(command)).toEqual({ number: 1, type: 0x21, qualifier: 0x80 });
  });

  it('fills one short response at its longest, and no byte more is taken', () => {
    expect(encodeDisplayText(1, 'x'.repeat(PROACTIVE_TEXT_MAX)).length).toBe(256);
    const bad = expect.objectContaining({ code: 'protocol/bad-layout' });
    expect(() => encodeDisplayText(1, 'x'.repeat(PROACTIVE_TEXT_MAX + 1))).toThrowError(bad);
    expect(() => encodeGetInkey(1, 'ж'.repeat(PROACTIVE_TEXT_MAX / 2 + 1))).toThrowError(bad);
  });
});

describe('what is no proactive command', () => {
  it.each([
    ['nothing', ''],
    ['another tag', 'D11A8103012180820281028D0F04546F6F6C6B697420546573742031'],
    ['the tag without its bit', '501A8103012180820281028D0F04546F6F6C6B697420546573742031'],
    ['a byte behind it', 'D0138103012180820281028D08043C41424F52543E00'],
    ['no details', 'D00E820281028D08043C41424F52543E'],
    ['details of 2 bytes', 'D0128102012182028102 8D08043C41424F52543E'],
    ['no devices', 'D00F81030121808D08043C41424F52543E'],
    ['a text beyond the end', 'D0138103012180820281028D09043C41424F52543E'],
    ['a length in four bytes', 'D0830000138103012180820281028D08043C41424F52543E'],
  ])('%s is refused', (_, hex) => {
    expect(() => decodeProactiveCommand(fromHex(hex))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-layout' }),
    );
  });

  it('of any bytes ends in a ToolkitError or a value, as do terminal responses', () => {
    const objects = fc
      .array(
        fc.tuple(
          fc.constantFrom(0x01, 0x81, 0x02, 0x82, 0x03, 0x83, 0x8d, 0x1f, 0xab),
          fc.uint8Array({ maxLength: 5 }),
        ),
      )
      .map((list) => concat(...list.map(([tag, value]) => encodeTlv(tag & 0xff, value))));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      objects,
      objects.map((inner) => encodeTlv(0xd0, inner)),
    );
    for (const decode of [decodeProactiveCommand, decodeTerminalResponse])
      fc.assert(
        fc.property(bytes, (value) => {
          try {
            decode(value);
          } catch (error) {
            expect(error).toBeInstanceOf(ToolkitError);
          }
        }),
        { numRuns: 2000 },
      );
  });
});
