// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommandApdu } from '../../protocol/apdu.ts';
import { concat, fromHex, toUpperHex, utf8 } from '../../protocol/bytes.ts';
import {
  type AnyCommand,
  caseOf,
  commonStatusWords,
  decodeRequest,
  encodeRequest,
  findCommand,
  maskedApdu,
} from '../../protocol/command.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../protocol/identifiers/imsi.ts';
import { pinBlock, pukBlock } from '../../protocol/pin.ts';
import { SW } from '../../protocol/status-word.ts';

const card = catalogue['blockchain-sim'];
const applications = Object.entries(catalogue) as [string, Readonly<Record<string, AnyCommand>>][];
const all: readonly (readonly [string, AnyCommand])[] = applications.flatMap(([application, commands]) =>
  Object.entries(commands).map(([key, command]) => [`${application} ${key}`, command] as const),
);
const everyCommand: Readonly<Record<string, AnyCommand>> = Object.fromEntries(all);

/** A C-APDU of the command with that data field and an Le where it has a response. */
const apduOf = (command: AnyCommand, data: Uint8Array): Uint8Array =>
  encodeCommandApdu({
    cla: command.cla,
    ins: command.ins,
    p1: command.p1,
    p2: command.p2,
    data,
    ...(command.response.max > 0 ? { le: 256 } : {}),
  });

describe('the catalogue', () => {
  it.each(all)('tells what %s is, in full', (_name, command) => {
    expect(command.name).toMatch(/^[A-Z ]+( [a-zA-Z ]+)?$/);
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
    expect(command.source).toMatch(/ISO\/IEC|ETSI|GlobalPlatform|3GPP|^proprietary/);
    expect(command.statusWords).toHaveProperty('9000');
    for (const byte of [command.cla, command.ins, command.p1, command.p2]) expect(byte & ~0xff).toBe(0);
    for (const word of Object.keys(command.statusWords))
      expect(word).toMatch(/^[69][0-9A-F]{3}$|^63CX$|^91XX$/);
    // 6982 of a secure channel may come to any command, and means more to some.
    for (const word of Object.keys(command.statusWords))
      if (word !== '6982') expect(commonStatusWords).not.toHaveProperty(word);
  });

  it('has no two commands with the same header', () => {
    const headers = all.map(([, { cla, ins, p1, p2 }]) => toUpperHex(Uint8Array.of(cla, ins, p1, p2)));
    expect(new Set(headers).size).toBe(headers.length);
  });

  it.each(all)('finds %s by its header, as a part of a chain too', (name, command) => {
    const header = Uint8Array.of(command.cla, command.ins, command.p1, command.p2);
    expect(findCommand(everyCommand, header)).toBe(everyCommand[name]);
    header[0] = command.cla | 0x10;
    expect(findCommand(everyCommand, header)).toBe(everyCommand[name]);
    for (const cla of [command.cla | 0x03, command.cla | 0x04, command.cla | 0x17]) {
      header[0] = cla;
      expect(findCommand(everyCommand, header)).toBe(everyCommand[name]);
    }
    header[0] = command.cla ^ 0x40;
    expect(findCommand(everyCommand, header)).toBeUndefined();
  });

  it.each(all.filter(([, { parameter }]) => parameter !== undefined))(
    'finds %s with each value of its parameter and no other, and reads it back from there',
    (name, command) => {
      for (let value = 0; value < 256; value++) {
        const [p1, p2] = command.parameter?.at === 'p1' ? [value, command.p2] : [command.p1, value];
        const found = findCommand(everyCommand, Uint8Array.of(command.cla, command.ins, p1, p2));
        expect(found === everyCommand[name]).toBe(command.parameter?.values.includes(value));
      }
      const data = new Uint8Array(command.data.min - 1).fill(1);
      const [value = 0] = command.parameter?.values ?? [];
      const header = { p1: command.p1, p2: command.p2, [command.parameter?.at ?? 'p1']: value };
      let request: unknown;
      try {
        request = decodeRequest(command, { ...header, data });
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        return;
      }
      expect(encodeRequest(command, request)).toEqual({ ...header, data });
    },
  );

  it('names each of its status words in the table of values', () => {
    const known = new Set(Object.values(SW).map((sw) => sw.toString(16).toUpperCase()));
    const words = all.flatMap(([, command]) => Object.keys(command.statusWords));
    // With a number in them: 63CX, and 6C01 of 6CXX.
    expect(words.filter((word) => !/X|^6C/.test(word) && !known.has(word))).toEqual([]);
  });

  it.each([
    [card.verify, 3],
    [card.getChallenge, 2],
    [card.generateKeyPair, 4],
    [card.chooseSignatureKey, 3],
    [catalogue.card.getResponse, 2],
    [catalogue.card.select, 4],
  ])('gives the case of ISO/IEC 7816-4: $name', (command, expected) => {
    expect(caseOf(command)).toBe(expected);
  });
});

describe('the bytes of a command', () => {
  // Written by hand from ISO/IEC 7816-4 and -8, TS 102 221 and the tags of docs/apdu.md.
  it.each([
    ['VERIFY', card.verify, pinBlock(utf8('1234')), '0020000108 31323334FFFFFFFF'],
    ['VERIFY without data', card.verify, undefined, '00200001'],
    [
      'CHANGE REFERENCE DATA',
      card.changeReferenceData,
      { oldPin: pinBlock(utf8('1234')), newPin: pinBlock(utf8('56789')) },
      '0024000110 31323334FFFFFFFF 3536373839FFFFFF',
    ],
    [
      'RESET RETRY COUNTER',
      card.resetRetryCounter,
      { puk: pukBlock(utf8('12345678')), newPin: pinBlock(utf8('0000')) },
      '002C000110 3132333435363738 30303030FFFFFFFF',
    ],
    [
      'GENERATE ASYMMETRIC KEY PAIR',
      card.generateKeyPair,
      { reference: 1, curve: 'secp256k1' },
      '0047800008 B606 840101 800102 00',
    ],
    ['the reading of a public key', card.readPublicKey, { reference: 16 }, '0047810005 B603 840110 00'],
    ['MANAGE SECURITY ENVIRONMENT', card.chooseSignatureKey, { reference: 2 }, '002241B603 840102'],
    ['SELECT', catalogue.card.select, fromHex('A0000000871002'), '00A4040007 A0000000871002 00'],
    ['GET CHALLENGE', card.getChallenge, undefined, '0084000000'],
    [
      'STORE DATA',
      card.storeData,
      {
        iccid: parseIccid('8988211000000430010'),
        imsi: parseImsi('228062800000208'),
        pin: pinBlock(utf8('1234')),
        puk: pukBlock(utf8('12345678')),
      },
      '80E280002E 5A0A988812010000400310F0 DF2209082982608200002080 DF230831323334FFFFFFFF DF24083132333435363738',
    ],
  ] as const)('are those of the standard: %s', (_title, command, request, hex) => {
    const encode = command.data.encode as (value: unknown) => Uint8Array;
    expect(toUpperHex(apduOf(command, encode(request)))).toBe(hex.replaceAll(' ', ''));
  });

  it.each([
    [
      'application information',
      card.getApplicationInformation,
      '81020200 82011F 83050102030405 840110 850103 86010A 870401020304 880101 89020306',
      {
        version: fromHex('0200'),
        lifeCycle: 'blocked',
        algorithms: ['P-256', 'secp256k1', 'Ed25519', 'SM2', 'brainpoolP256r1'],
        keySlots: 16,
        pinTries: 3,
        pukTries: 10,
        hashes: ['SHA-256', 'SHA-512', 'Keccak-256', 'SM3'],
        confirmation: 'terminal',
        pinRules: { flags: 3, minimumLength: 6 },
      },
    ],
    [
      'the key directory',
      card.getKeyDirectory,
      'B624 840101 800101 C00101 950103 C103 800107 C20101 C304 00000009 C408 0000000000000000 B646 840103 800102 C00102 950101 C125 80011C 810E 6D6F6E65792F7472616E73666572 8203 585453 830102 8508 00000000000186A0 C20102 C304 FFFFFFFF C408 00000000000000FF',
      [
        {
          reference: 1,
          curve: 'P-256',
          role: 'identity',
          usage: 3,
          policy: { flags: 7, messageTypes: [] },
          origin: 'generated',
          signatures: 9n,
          spent: 0n,
        },
        {
          reference: 3,
          curve: 'secp256k1',
          role: 'wallet',
          usage: 1,
          policy: {
            flags: 0x1c,
            messageTypes: ['money/transfer'],
            limit: { currency: 'XTS', digits: 2, cumulative: 100_000n },
          },
          origin: 'imported',
          signatures: 0xffff_ffffn,
          spent: 255n,
        },
      ],
    ],
    ['the ICCID', card.getIccid, '988812010000400310F0', '8988211000000430010'],
    ['the IMSI', card.getImsi, '082982608200002080', '228062800000208'],
    [
      'an Ed25519 public key',
      card.readPublicKey,
      `7F4922 8620${'A5'.repeat(32)}`,
      { point: fromHex('A5'.repeat(32)) },
    ],
    [
      'the FCI',
      catalogue.card.select,
      '6F10 8407A0000000871002 A5059F65020FFF',
      { aid: fromHex('A0000000871002'), proprietary: fromHex('9F65020FFF') },
    ],
  ] as const)('are read from a response: %s', (_title, command, hex, expected) => {
    expect(command.response.decode(fromHex(hex))).toEqual(expected);
    const encode = command.response.encode as (value: unknown) => Uint8Array;
    expect(toUpperHex(encode(expected))).toBe(hex.replaceAll(' ', ''));
  });

  it.each([
    ['an algorithm that no card has', card.generateKeyPair, 'B606 840101 800106'],
    ['a role that there is not', card.generateKeyPair, 'B609 840101 800101 C00104'],
    ['no usage', card.generateKeyPair, 'B609 840101 800101 950100'],
    ['a usage that there is not', card.generateKeyPair, 'B609 840101 800101 950110'],
    ['a flag that there is not', card.generateKeyPair, 'B60B 840101 800101 C103 800140'],
    [
      'a limit beside digests',
      card.generateKeyPair,
      'B61D 840101 800101 C115 800105 8203585453 830102 840800000000000186A0',
    ],
    ['a limit without currency', card.generateKeyPair, 'B615 840101 800101 C10D 800104 840800000000000186A0'],
    ['a currency without limit', card.generateKeyPair, 'B613 840101 800101 C10B 800104 8203585453 830102'],
    ['confirmation without transactions', card.generateKeyPair, 'B60B 840101 800101 C103 800112'],
    ['a path of 6 bytes', card.readPublicKey, 'B60B 840101 9406 000000000000'],
    ['a path of 11 levels', card.readPublicKey, `B631 840101 942C ${'00'.repeat(44)}`],
    ['the same tag twice', card.readPublicKey, 'B606 840101 840101'],
    ['no key reference', card.generateKeyPair, 'B603 800101'],
    ['another template', card.generateKeyPair, 'B806 840101 800101'],
    ['a reference of two bytes', card.readPublicKey, 'B604 84020101'],
    [
      'a wrong ICCID',
      card.storeData,
      '5A0A988812010000400311F0 DF2209082982608200002080 DF230831323334FFFFFFFF DF24083132333435363738',
    ],
    ['no PUK', card.storeData, '5A0A988812010000400310F0 DF2209082982608200002080 DF230831323334FFFFFFFF'],
  ])('are refused as a request with %s', (_title, command, hex) => {
    expect(() => (command as AnyCommand).data.decode(fromHex(hex))).toThrowError(ProtocolError);
  });

  it.each(all)(
    'are read from any data of the right length, or refused with an error of the contract: %s',
    (_name, command) => {
      const data = fc.uint8Array({ minLength: command.data.min, maxLength: Math.min(command.data.max, 80) });
      const response = fc.uint8Array({ maxLength: Math.min(command.response.max, 80) });
      const read = (decode: () => unknown): void => {
        try {
          decode();
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      };
      fc.assert(
        fc.property(data, response, (request, answer) => {
          read(() => command.data.decode(request));
          read(() => command.response.decode(answer));
        }),
        { numRuns: 50 },
      );
    },
  );
});

describe('a command in a trace', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 8, maxLength: 8 });
  const secret = all.filter(([, command]) => command.secret === 'data');

  it('is secret for every command whose data holds a PIN, a PUK or a private key', () => {
    const named = all
      .filter(([, command]) => /PIN block|PUK block|private key/.test(command.data.text))
      .map(([name]) => name);
    expect(secret.map(([name]) => name)).toEqual(named);
    expect(named.length).toBeGreaterThan(3);
  });

  it.each(secret)('never shows the digits of %s, however they are framed', (_name, command) => {
    fc.assert(
      fc.property(digits, fc.nat(20), (pin, cut) => {
        const data = concat(utf8(pin), fromHex('FFFF'), utf8(pin));
        const header = Uint8Array.of(command.cla, command.ins, command.p1, command.p2);
        const chained = header.slice();
        chained[0] = command.cla | 0x10;
        const onChannel = header.slice();
        onChannel[0] = command.cla | 0x03;
        const framings = [
          encodeCommandApdu({ ...command, data }),
          encodeCommandApdu({ ...command, data, le: 256 }),
          encodeCommandApdu({ ...command, data, le: 65_536 }),
          concat(chained, Uint8Array.of(data.length), data),
          concat(onChannel, Uint8Array.of(data.length), data),
          concat(header, data),
          concat(header, Uint8Array.of(data.length + 1), data),
          concat(header, Uint8Array.of(0, 0, data.length + 5), data),
          concat(header, Uint8Array.of(data.length), data.subarray(0, cut)),
          concat(header, Uint8Array.of(0), utf8(pin.slice(0, 2))),
        ];
        for (const apdu of framings) {
          const text = maskedApdu(everyCommand, apdu).replaceAll(' ', '');
          for (let i = 0; i + 2 <= pin.length; i++)
            expect(text.slice(8)).not.toContain(toUpperHex(utf8(pin.slice(i, i + 2))));
        }
      }),
    );
  });

  it('shows the header and the number of bytes masked', () => {
    const apdu = fromHex('0020000108 31323334FFFFFFFF');
    expect(maskedApdu(everyCommand, apdu)).toBe('00 20 00 01 [8 bytes masked]');
    expect(maskedApdu(everyCommand, fromHex('00200001'))).toBe('00 20 00 01');
  });

  it('masks what the catalogue does not know, since it may be secret', () => {
    expect(maskedApdu(everyCommand, fromHex('0020008108 31323334FFFFFFFF'))).toBe(
      '00 20 00 81 [8 bytes masked]',
    );
    expect(maskedApdu({}, fromHex('00A4040002 3F00'))).toBe('00 A4 04 00 [2 bytes masked]');
    expect(maskedApdu(everyCommand, fromHex('0020'))).toBe('00 20 [0 bytes masked]');
  });

  it('is shown whole when it holds no secret', () => {
    expect(maskedApdu(everyCommand, fromHex('0084000020'))).toBe('00 84 00 00 20');
    expect(maskedApdu(everyCommand, fromHex('00A4040002A000'))).toBe('00 A4 04 00 02 A0 00');
  });
});
