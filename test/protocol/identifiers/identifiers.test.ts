// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { aidBytes, aidOf, BLOCKCHAIN_SIM_AID, parseAid } from '../../../protocol/identifiers/aid.ts';
import { eidCheckDigits, parseEid } from '../../../protocol/identifiers/eid.ts';
import { decodeIccid, encodeIccid, luhnDigit, parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { decodeImsi, encodeImsi, parseImsi, plmnOfImsi } from '../../../protocol/identifiers/imsi.ts';
import { parseMsisdn } from '../../../protocol/identifiers/msisdn.ts';
import { parsePlmn } from '../../../protocol/identifiers/plmn.ts';
import { fromSwappedBcd, toSwappedBcd } from '../../../protocol/identifiers/swapped-bcd.ts';
import { parseTadig } from '../../../protocol/identifiers/tadig.ts';
import { readFixture } from '../../support/fixture.ts';

const vectors = readFixture<{
  readonly luhn: readonly { readonly digits: string; readonly check: string }[];
  readonly iccids: readonly { readonly iccid: string; readonly bytes: string }[];
  readonly imsis: readonly { readonly imsi: string; readonly bytes: string }[];
  readonly eids: readonly { readonly eid: string }[];
}>('protocol/identifiers.json');

const digits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const refusal = expect.objectContaining({ code: 'protocol/bad-identifier' });

describe('the Luhn check digit', () => {
  it.each(vectors.luhn)('of $digits is $check', ({ digits: row, check }) => {
    expect(luhnDigit(row)).toBe(check);
  });

  it('finds each digit that was read wrongly', () => {
    fc.assert(
      fc.property(digits(18), fc.nat(17), fc.integer({ min: 1, max: 9 }), (row, at, difference) => {
        const wrong = String((Number(row[at]) + difference) % 10);
        expect(luhnDigit(row.slice(0, at) + wrong + row.slice(at + 1))).not.toBe(luhnDigit(row));
      }),
    );
  });
});

describe('an ICCID', () => {
  it.each(vectors.iccids)('$iccid lies on the card as $bytes', ({ iccid, bytes }) => {
    expect(toHex(encodeIccid(parseIccid(iccid)))).toBe(bytes);
    expect(decodeIccid(fromHex(bytes))).toBe(iccid);
  });

  it('of 19 or 20 digits is read back from its ten bytes', () => {
    fc.assert(
      fc.property(fc.oneof(digits(16), digits(17)), (account) => {
        const iccid = parseIccid(`89${account}${luhnDigit(`89${account}`)}`);
        const bytes = encodeIccid(iccid);
        expect(bytes).toHaveLength(10);
        expect(decodeIccid(bytes)).toBe(iccid);
      }),
    );
  });

  it.each([
    ['18 digits', '898821100000043001'],
    ['21 digits', '898821100000043001000'],
    ['a letter', '898821100000043001X'],
    ['a blank', '8988211000000430010 '],
    ['a line end', '8988211000000430010\n'],
    ['digits of another script', '８９８８２１１０００００００４３００１０'],
    ['another industry in front', '7988211000000430010'],
    ['a wrong check digit', '8988211000000430011'],
    ['nothing', ''],
  ])('is refused with %s', (_title, text) => {
    expect(() => parseIccid(text)).toThrowError(refusal);
  });

  it.each([
    ['a letter nibble', '9888120100004003a0f0'],
    ['nine bytes', '988812010000400310'],
    ['filler alone', 'ffffffffffffffffffff'],
  ])('is refused as bytes with %s', (_title, hex) => {
    expect(() => decodeIccid(fromHex(hex))).toThrowError(refusal);
  });
});

describe('an IMSI', () => {
  it.each(vectors.imsis)('$imsi lies in EF.IMSI as $bytes', ({ imsi, bytes }) => {
    expect(toHex(encodeImsi(parseImsi(imsi)))).toBe(bytes);
    expect(decodeImsi(fromHex(bytes))).toBe(imsi);
  });

  it('is read back from its nine bytes', () => {
    fc.assert(
      fc.property(digits(15), (text) => {
        expect(decodeImsi(encodeImsi(parseImsi(text)))).toBe(text);
      }),
    );
  });

  it.each([
    ['14 digits', '00101000000000'],
    ['16 digits', '0010100000000001'],
    ['a sign', '+01010000000001'],
    ['nothing', ''],
  ])('is refused with %s, without being repeated', (_title, text) => {
    let message = '';
    try {
      parseImsi(text);
    } catch (error) {
      expect(error).toEqual(refusal);
      message = `${(error as ProtocolError).message} ${JSON.stringify((error as ProtocolError).details)}`;
    }
    expect(message).not.toBe('');
    expect(message).not.toMatch(/\d{5}/);
  });

  it.each([
    ['eight bytes', '0829826082000020'],
    ['another length byte', '072982608200002080'],
    ['the parity of an even number of digits', '082182608200002080'],
    ['the type of a TMSI', '082c82608200002080'],
    ['a filler nibble inside', '08298260820000208f'],
  ])('is refused as bytes with %s', (_title, hex) => {
    expect(() => decodeImsi(fromHex(hex))).toThrowError(refusal);
  });

  it('begins with the PLMN, whose MNC has two or three digits as the caller says', () => {
    expect(plmnOfImsi(parseImsi('310410123456789'), 3)).toBe('310-410');
    expect(plmnOfImsi(parseImsi('001010123456789'), 2)).toBe('001-01');
  });
});

describe('an EID', () => {
  it.each(vectors.eids)('$eid is accepted', ({ eid }) => {
    expect(parseEid(eid)).toBe(eid);
    expect(eidCheckDigits(eid.slice(0, 30))).toBe(eid.slice(30));
  });

  it('with its check digits leaves remainder 1, and with a wrong digit does not', () => {
    fc.assert(
      fc.property(digits(30), fc.nat(31), fc.integer({ min: 1, max: 9 }), (first, at, difference) => {
        const eid = first + eidCheckDigits(first);
        expect(parseEid(eid)).toBe(eid);
        const wrong = String((Number(eid[at]) + difference) % 10);
        expect(() => parseEid(eid.slice(0, at) + wrong + eid.slice(at + 1))).toThrowError(refusal);
      }),
    );
  });

  it.each(['', '8904903212345123451234567890123', '890490321234512345123456789012355', 'x'.repeat(32)])(
    'is refused with another length or alphabet: %j',
    (text) => {
      expect(() => parseEid(text)).toThrowError(refusal);
    },
  );
});

describe('an MSISDN', () => {
  it.each([
    ['+447700900001', '+447700900001'],
    ['447700900001', '+447700900001'],
    ['+1234567', '+1234567'],
    ['+123456789012345', '+123456789012345'],
  ])('%s is %s', (text, expected) => {
    expect(parseMsisdn(text)).toBe(expected);
  });

  it.each([
    '',
    '+',
    '+0123456789',
    '123456',
    '+1234567890123456',
    '+44 7700 900001',
    '00447700900001',
    '++4477009000',
  ])('is refused as %j', (text) => {
    expect(() => parseMsisdn(text)).toThrowError(refusal);
  });
});

describe('a PLMN', () => {
  it.each(['001-01', '999-99', '310-410'])('%s is accepted', (text) => {
    expect(parsePlmn(text)).toBe(text);
  });

  it.each(['00101', '001-1', '001-0001', '01-01', '001/01', '001-01 '])('is refused as %j', (text) => {
    expect(() => parsePlmn(text)).toThrowError(refusal);
  });
});

describe('a TADIG code', () => {
  it.each(['GBRME', 'TST01', 'USACG'])('%s is accepted', (text) => {
    expect(parseTadig(text)).toBe(text);
  });

  it.each(['', 'GBRM', 'GBRMEX', 'gbrme', 'GB1ME', 'GBR E', 'ГБРМЕ'])('is refused as %j', (text) => {
    expect(() => parseTadig(text)).toThrowError(refusal);
  });
});

describe('an AID', () => {
  it('is upper-case text of 5 to 16 bytes', () => {
    expect(parseAid('a0000000871002')).toBe('A0000000871002');
    expect(aidOf(fromHex('a000000087'))).toBe('A000000087');
    expect(toHex(aidBytes(parseAid('A0000000871002')))).toBe('a0000000871002');
    expect(parseAid('A0'.repeat(16))).toHaveLength(32);
  });

  it.each(['', 'A0000000', 'A0'.repeat(17), 'A00000008', 'A0000000GG', 'A0 00 00 00 87'])(
    'is refused as %j',
    (text) => {
      expect(() => parseAid(text)).toThrowError(refusal);
    },
  );

  it('of ours is proprietary and says BSIM', () => {
    expect(BLOCKCHAIN_SIM_AID.startsWith('F0')).toBe(true);
    expect(Buffer.from(aidBytes(BLOCKCHAIN_SIM_AID).subarray(1, 5)).toString('ascii')).toBe('BSIM');
  });
});

describe('swapped BCD', () => {
  it('puts the first digit in the low nibble and fills up with F', () => {
    expect(toHex(toSwappedBcd('123', 3))).toBe('21f3ff');
    expect(fromSwappedBcd(fromHex('21f3ff'))).toBe('123');
    expect(fromSwappedBcd(fromHex('2143'))).toBe('1234');
  });
});

it('no parser of an identifier fails in another way than its own', () => {
  const parsers = [parseAid, parseEid, parseIccid, parseImsi, parseMsisdn, parsePlmn, parseTadig];
  fc.assert(
    fc.property(fc.constantFrom(...parsers), fc.string({ unit: 'grapheme' }), (parse, text) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});
