// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../bytes.ts';
import { defineCommand } from '../../command.ts';
import { bytes, type Layout, nothing } from '../../layout.ts';
import { badRequest } from '../blockchain-sim/bad-request.ts';
import { keyVersions } from '../secure-channel/authentication.ts';

/** GET DATA of the key information template: which key sets there are. */
export const getKeyInformation = defineCommand({
  name: 'GET DATA key information',
  cla: 0x80,
  ins: 0xca,
  p1: 0x00,
  p2: 0xe0,
  data: nothing,
  response: bytes('E0 {C0 key identifier ‖ KVN ‖ 88 ‖ length, …}', 2, 256),
  access: 'anyone',
  states: ['selectable'],
  statusWords: { '9000': 'done', '6A88': 'no data object with that tag' },
  summary: 'Lists the keys of the secure channel by identifier, version, type and length.',
  source: 'GlobalPlatform Card Specification 2.3.1 §11.3.3.1',
});

/** PUT KEY: a key set for SCP03, new or in place of one. */
export const putKey = defineCommand({
  name: 'PUT KEY',
  cla: 0x80,
  ins: 0xd8,
  p1: 0x00,
  p2: 0x81,
  parameter: { at: 'p1', name: 'version of the key set to replace, 00 for none', values: keyVersions },
  data: {
    ...bytes('version ‖ data', 2, 256),
    text: 'new KVN (1) ‖ 3 × {88 ‖ length ‖ length of the key ‖ key under DEK ‖ 03 ‖ key check value}',
  },
  response: bytes('new KVN ‖ 3 key check values of 3', 10),
  access: 'administrator',
  states: ['selectable'],
  statusWords: {
    '9000': 'put',
    '6982': 'not inside a secure channel',
    '6A84': 'no room for another key set',
    '6A88': 'no key set of that version to replace',
    '6A89': 'there is a key set of that version already',
  },
  summary:
    'Puts a set of three AES keys (ENC, MAC, DEK), in place of another or beside those that are there.',
  source: 'GlobalPlatform Amendment D v1.2 §7.2',
});

/** INSTALL [for make selectable] of one application, without privileges. */
const application: Layout<Uint8Array> = {
  text: '00 00 ‖ length ‖ AID (5–16) ‖ 01 00 00 00',
  min: 12,
  max: 23,
  encode: (aid) => concat(Uint8Array.of(0, 0, aid.length), aid, Uint8Array.of(1, 0, 0, 0)),
  decode: (value) => {
    const length = value[2] ?? 0;
    const fits = value[0] === 0 && value[1] === 0 && value.length === length + 7;
    const rest = value.subarray(3 + length);
    if (!fits || rest[0] !== 1 || rest.subarray(1).some((part) => part !== 0))
      throw badRequest('INSTALL [for make selectable]', 'an AID, no privileges and no parameters');
    return value.slice(3, 3 + length);
  },
};

/** INSTALL [for make selectable]. */
export const makeSelectable = defineCommand({
  name: 'INSTALL for make selectable',
  cla: 0x80,
  ins: 0xe6,
  p1: 0x08,
  p2: 0x00,
  data: application,
  response: nothing,
  access: 'administrator',
  states: ['selectable'],
  statusWords: {
    '9000': 'selectable',
    '6982': 'not inside a secure channel',
    '6985': 'it is selectable already',
    '6A88': 'no application of that AID',
  },
  summary: 'Makes an installed application selectable.',
  source: 'GlobalPlatform Card Specification 2.3.1 §11.5',
});
