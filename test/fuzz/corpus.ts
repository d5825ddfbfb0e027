// SPDX-License-Identifier: Apache-2.0
import { fromHex, utf8 } from '../../protocol/bytes.ts';
import type { KeyPolicy } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import type { Scp03KeySet } from '../../protocol/scp03/key-set.ts';
import { pointOf } from './model/known-keys.ts';

/** Blocks of PINs and PUKs in hexadecimal; the first are the prepared cards' own, the last are no PINs. */
export const pins = {
  pin: '31323334ffffffff',
  duress: '38363432ffffffff',
  puk: '3132333435363738',
  others: [
    '353637383930ffff',
    '39393939ffffffff',
    '30303030ffffffff',
    '3938373635343332',
    '31323334ffffffff',
  ],
  bad: ['ffffffffffffffff', '313233ffffffffff', '31323334ff35ffff', '3132333a34ffffff', '0000000000000000'],
} as const;

/** ICCID and IMSI of the prepared cards, as in EF.ICCID and EF.IMSI. */
export const iccid = '98880200000000000031';
export const imsi = '080910100000000010';

const set = (version: number, enc: string, mac = enc, dek = enc): Scp03KeySet => ({
  version,
  enc: fromHex(enc),
  mac: fromHex(mac),
  dek: fromHex(dek),
});

/** Key sets that the administrator may have: the test keys, and three of other lengths. */
export const keySets: readonly Scp03KeySet[] = [
  set(0x30, '404142434445464748494a4b4c4d4e4f'),
  set(0x31, '11'.repeat(32), '22'.repeat(32), '33'.repeat(32)),
  set(0x01, '44'.repeat(24), '55'.repeat(24), '66'.repeat(24)),
  set(0x7f, '77'.repeat(16), '88'.repeat(16), '99'.repeat(16)),
];

/** Paths of wallet keys; the last is too deep for Ed25519 to have. */
export const paths: readonly (readonly number[] | undefined)[] = [
  undefined,
  [0x8000_0000],
  [0x8000_0001, 0x8000_0007],
  [0],
];

/** Messages that are hashed and signed. */
export const messages: readonly Uint8Array[] = [
  new Uint8Array(0),
  utf8('a'),
  utf8('a message of some length that goes into more than one part'),
  new Uint8Array(300).fill(0x5a),
];

/** Seeds of 16 to 64 bytes, and private keys. */
export const seeds: readonly Uint8Array[] = [
  fromHex('000102030405060708090a0b0c0d0e0f'),
  new Uint8Array(32).fill(0x21),
  new Uint8Array(64).fill(0x7e),
];

/** Keys of others: private, and public by OpenSSL. */
export const peers = (['P-256', 'secp256k1', 'brainpoolP256r1'] as const).map((curve) => {
  const secret = new Uint8Array(32).fill(0x35);
  return { curve, secret, point: pointOf(curve, secret) };
});

/** Policies of new keys. */
export const policies: readonly (KeyPolicy | undefined)[] = [
  undefined,
  { flags: 0x07, messageTypes: [] },
  { flags: 0x27, messageTypes: [] },
  { flags: 0x0e, messageTypes: [] },
  { flags: 0x16, messageTypes: [] },
  {
    flags: 0x24,
    messageTypes: [],
    limit: { currency: 'XTS', digits: 2, perTransaction: 100n, cumulative: 140n },
  },
  {
    flags: 0x04,
    messageTypes: ['voting/cast', 'money/transfer'],
    limit: { currency: 'XTS', digits: 0, cumulative: 100n },
  },
  {
    flags: 0x14,
    messageTypes: [],
    limit: { currency: 'XTS', digits: 2, perTransaction: 100n, cumulative: 150n },
  },
  { flags: 0x00, messageTypes: [] },
];
