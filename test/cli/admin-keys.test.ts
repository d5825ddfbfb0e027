// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { encodeIccid, parseIccid } from '../../protocol/identifiers/iccid.ts';
import { makeMasterKey, readAdminKeys, readKeySet } from '../../src/cli/admin-keys.ts';
import { diversificationOf } from '../../src/cli/administrator.ts';
import type { Printer } from '../../src/cli/print.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
const notes: string[] = [];
const print: Printer = {
  json: false,
  result: () => {},
  note: (text) => notes.push(text),
  progress: () => ({ advance: () => {}, done: () => {}, fail: () => {} }),
};
afterAll(() => place.remove());

const KEY = '404142434445464748494A4B4C4D4E4F';
const write = (text: string, mode = 0o600): string => {
  const file = place.at('keys.json');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};
const refused = expect.objectContaining({ code: 'cli/bad-admin-keys' });

/** AES-CMAC by the OpenSSL command line. */
const opensslCmac = (key: string, data: Uint8Array): string => {
  const cipher = `AES-${key.length * 4}-CBC`;
  writeFileSync(place.at('data'), data);
  const args = ['mac', '-cipher', cipher, '-macopt', `hexkey:${key}`, '-in', place.at('data'), 'CMAC'];
  return execFileSync('openssl', args).toString().trim().toLowerCase();
};

describe("a file of the administrator's keys", () => {
  it('gives the key set that stands in it, whatever the card', () => {
    const keys = readAdminKeys(
      write(JSON.stringify({ kvn: '30', enc: KEY, mac: KEY.replaceAll('4', '5'), dek: KEY })),
      print,
    );
    for (const diversification of [new Uint8Array(10), new Uint8Array(10).fill(9)])
      expect(keys.keySetOf(diversification)).toEqual({
        version: 0x30,
        enc: fromHex(KEY),
        mac: fromHex(KEY.replaceAll('4', '5')),
        dek: fromHex(KEY),
      });
  });

  it("gives each card keys of its own from a master key, as OpenSSL's CMAC makes them of the ICCID", () => {
    const keys = readAdminKeys(write(JSON.stringify({ kvn: '31', master: KEY })), print);
    const diversification = encodeIccid(parseIccid('8988211000000000003'));
    const { version, ...set } = keys.keySetOf(diversification);
    expect(version).toBe(0x31);
    // 16 bytes of key are one block of counter 1 ‖ 00 00 00 ‖ n ‖ 00 ‖ the ICCID as EF.ICCID has it.
    [set.enc, set.mac, set.dek].forEach((key, i) => {
      const block = concat(Uint8Array.of(1, 0, 0, 0, i + 1, 0), diversification);
      expect(toHex(key)).toBe(opensslCmac(KEY, block));
    });
  });

  it('warns, and says chmod, when others may read it', () => {
    notes.length = 0;
    readAdminKeys(write(JSON.stringify({ kvn: '31', master: KEY }), 0o600), print);
    expect(notes).toEqual([]);
    readAdminKeys(write(JSON.stringify({ kvn: '31', master: KEY }), 0o644), print);
    expect(notes).toEqual([expect.stringContaining('chmod 600')]);
  });

  it.each([
    ['no text', Uint8Array.of(0xff, 0xfe)],
    ['no JSON', `${KEY}\n`],
    ['a list', '[]'],
    ['nothing', ''],
    ['no version', JSON.stringify({ master: KEY })],
    ['a version as a number', JSON.stringify({ kvn: 31, master: KEY })],
    ['version 00', JSON.stringify({ kvn: '00', master: KEY })],
    ['version 80', JSON.stringify({ kvn: '80', master: KEY })],
    ['two of three keys', JSON.stringify({ kvn: '30', enc: KEY, mac: KEY })],
    ['a key set and a master key', JSON.stringify({ kvn: '30', enc: KEY, mac: KEY, dek: KEY, master: KEY })],
    ['another field', JSON.stringify({ kvn: '30', master: KEY, note: 'x' })],
    ['a key of 15 bytes', JSON.stringify({ kvn: '30', master: KEY.slice(2) })],
    ['a key that is not hexadecimal', JSON.stringify({ kvn: '30', master: KEY.replace('4', 'G') })],
    ['keys of two lengths', JSON.stringify({ kvn: '30', enc: KEY + KEY, mac: KEY, dek: KEY })],
  ])('that holds %s is refused, and no key is repeated', (_what, text) => {
    writeFileSync(place.at('keys.json'), text);
    const error = (() => {
      try {
        return readAdminKeys(place.at('keys.json'), print);
      } catch (caught) {
        return caught as Error;
      }
    })();
    expect(error).toEqual(refused);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toMatch(
      /4[45]464748/,
    );
  });

  it('of any bytes is read or refused, and never a fault', () => {
    const json = fc.dictionary(
      fc.constantFrom('kvn', 'enc', 'mac', 'dek', 'master', 'x'),
      fc.oneof(fc.constantFrom('30', KEY, KEY + KEY), fc.string(), fc.integer(), fc.constant(null)),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          json.map((value) => JSON.stringify(value)),
        ),
        (content) => {
          writeFileSync(place.at('any.json'), content);
          try {
            const keys = readAdminKeys(place.at('any.json'), print);
            expect(keys.version).toBe(0x30);
          } catch (error) {
            expect(error).toEqual(refused);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('that must be a key set is no master key', () => {
    const file = write(JSON.stringify({ kvn: '31', master: KEY }));
    expect(() => readKeySet(file, print)).toThrowError(refused);
  });
});

describe('a new master key', () => {
  it('is random, of the length asked for, its owner’s only, and never in the place of another file', () => {
    const made = ([16, 24, 32] as const).map((bytes) => {
      const file = place.at(`master-${bytes}.json`);
      makeMasterKey(file, { version: 0x7f, bytes });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const { kvn, master } = JSON.parse(readFileSync(file, 'utf8'));
      expect({ kvn, length: master.length }).toEqual({ kvn: '7F', length: 2 * bytes });
      const keys = readAdminKeys(file, print);
      expect(keys.keySetOf(new Uint8Array(10)).enc).toHaveLength(bytes);
      expect(() => makeMasterKey(file, { version: 0x31, bytes: 16 })).toThrowError(
        expect.objectContaining({ code: 'cli/file-not-written', details: { file, reason: 'EEXIST' } }),
      );
      return master.slice(0, 32);
    });
    expect(new Set(made).size).toBe(3);
  });
});

describe('what the keys of a card are derived from', () => {
  const master = { version: 0x31, diversified: true, keySetOf: () => never(), wipe: () => {} };
  const never = (): never => {
    throw new RangeError('not asked for here');
  };
  const iccid = '8988211000000000003';

  it('is what the card names, and for a blank card the ICCID that is told', () => {
    const named = encodeIccid(parseIccid(iccid));
    expect(diversificationOf(master, named, '8900101000000000019')).toEqual(named);
    expect(diversificationOf(master, new Uint8Array(10), iccid)).toEqual(named);
  });

  it('is nothing for a blank card of which nobody tells the ICCID', () => {
    expect(() => diversificationOf(master, new Uint8Array(10), undefined)).toThrowError(
      expect.objectContaining({
        code: 'cli/bad-option',
        details: expect.objectContaining({ option: '--card-iccid' }),
      }),
    );
  });
});
