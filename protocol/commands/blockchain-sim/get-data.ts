// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import type { CardCurve } from '../../crypto/card-curve.ts';
import type { CardHash } from '../../crypto/card-hash.ts';
import { decodeIccid, encodeIccid } from '../../identifiers/iccid.ts';
import { decodeImsi, encodeImsi } from '../../identifiers/imsi.ts';
import {
  byte,
  bytes,
  type Layout,
  list,
  mapped,
  named,
  nothing,
  optional,
  tlvs,
  uint,
} from '../../layout.ts';
import { lifeCycleStates } from '../../life-cycle.ts';
import { pinRulesLayout } from '../../pin-rules.ts';
import { LOG_CAPACITY, LOG_ENTRY_LENGTH, LOG_HEAD_LENGTH } from '../../security-log.ts';
import { keyPolicy } from './key-policy.ts';
import { algorithm, hashAlgorithm, KEY_SLOTS, keyReference } from './key-reference.ts';
import { keyRole, keyUsage } from './key-role.ts';

/** How a card has a transaction confirmed by its holder, for keys whose policy asks for it. */
export const confirmations = { terminal: 0x01, pin: 0x02 } as const;
/** One of {@link confirmations}: the terminal is asked by proactive commands, or the PIN is entered once more. */
export type Confirmation = keyof typeof confirmations;

/** Where a key came from. */
export const keyOrigins = { generated: 0x01, imported: 0x02 } as const;
/** One of {@link keyOrigins}: made on the card, or put into it. */
export type KeyOrigin = keyof typeof keyOrigins;

/** Version of the application: 2.0. */
export const APPLICATION_VERSION: Uint8Array = Uint8Array.of(2, 0);

/** Most bytes of the certificate chain that a card stores. */
export const CERTIFICATES_MAX = 2048;

/** Several names of a table, a byte each. */
const set = <Name>(title: string, item: Layout<Name>, most: number): Layout<readonly Name[]> => ({
  ...mapped(
    bytes(title, 0, most),
    (value) => [...value].map((id) => item.decode(Uint8Array.of(id))),
    (value) => Uint8Array.from(value.flatMap((name) => [...item.encode(name)])),
  ),
  text: `${title}, a byte each (0–${most})`,
});

/** Ten bytes of EF.ICCID. */
export const iccidLayout = mapped(bytes('ICCID, nibbles swapped', 10), decodeIccid, encodeIccid);
/** Nine bytes of EF.IMSI. */
export const imsiLayout = mapped(bytes('IMSI as in EF.IMSI', 9), decodeImsi, encodeImsi);

const shared = { cla: 0x00, ins: 0xca, data: nothing } as const;
const source = 'ISO/IEC 7816-4:2020 §11.5.3';
/** P1-P2 is a tag here, so one that the card has not is referenced data not found, and no bad parameter. */
const done = { '9000': 'done', '6A88': 'no data object with that tag' } as const;

/** GET DATA of what the application is and can. */
export const getApplicationInformation = defineCommand({
  ...shared,
  name: 'GET DATA application information',
  p1: 0xff,
  p2: 0x20,
  response: tlvs({
    version: [0x81, bytes('version, major ‖ minor', 2)],
    lifeCycle: [0x82, named('life-cycle state', lifeCycleStates)],
    algorithms: [0x83, set<CardCurve>('algorithms', algorithm, 8)],
    keySlots: [0x84, byte('number of key slots')],
    pinTries: [0x85, byte('PIN tries left')],
    pukTries: [0x86, byte('PUK tries left')],
    hashes: [0x87, set<CardHash>('hashes', hashAlgorithm, 8)],
    confirmation: [0x88, named<Confirmation>('confirmation', confirmations)],
    pinRules: [0x89, pinRulesLayout],
  }),
  access: 'anyone',
  states: everyState,
  statusWords: done,
  summary: 'Says what the application is and can: a host asks, and never assumes.',
  source,
});

/** GET DATA of the list of keys. */
export const getKeyDirectory = defineCommand({
  ...shared,
  name: 'GET DATA key directory',
  p1: 0xff,
  p2: 0x21,
  response: list(
    tlvs({
      reference: [0x84, keyReference],
      curve: [0x80, algorithm],
      role: [0xc0, keyRole],
      usage: [0x95, keyUsage],
      policy: [0xc1, keyPolicy],
      origin: [0xc2, named<KeyOrigin>('origin', keyOrigins)],
      signatures: [0xc3, uint('signatures made', 4)],
      spent: [0xc4, uint('paid towards the cumulative limit', 8)],
    }),
    0xb6,
    KEY_SLOTS,
  ),
  access: 'anyone',
  states: everyState,
  statusWords: done,
  summary: 'Lists the keys, what they are for and what binds them, in order of their references.',
  source,
});

/** GET DATA of the card's ICCID. */
export const getIccid = defineCommand({
  ...shared,
  name: 'GET DATA ICCID',
  p1: 0x00,
  p2: 0x5a,
  response: iccidLayout,
  access: 'anyone',
  states: ['personalised', 'blocked'],
  statusWords: { ...done, '6985': 'not personalised' },
  summary: 'Gives the ICCID.',
  source: `${source}; tag 5A as in GSMA SGP.22 V2.5 §5.7.15`,
});

/** GET DATA of the subscription's IMSI. */
export const getImsi = defineCommand({
  ...shared,
  name: 'GET DATA IMSI',
  p1: 0xff,
  p2: 0x22,
  response: imsiLayout,
  access: 'holder',
  states: ['personalised'],
  secret: 'response',
  statusWords: { ...done, '6982': 'PIN not verified', '6985': 'not personalised' },
  summary: 'Gives the IMSI, which is personal data and therefore behind the PIN, as EF.IMSI is.',
  source: `${source}; 3GPP TS 31.102 §4.2.2`,
});

/** GET DATA of the log of security events. */
export const getLog = defineCommand({
  ...shared,
  name: 'GET DATA log',
  p1: 0xff,
  p2: 0x24,
  response: bytes(
    'head before the oldest entry (32) ‖ entries of 16',
    LOG_HEAD_LENGTH,
    LOG_HEAD_LENGTH + LOG_CAPACITY * LOG_ENTRY_LENGTH,
  ),
  access: 'holder-or-administrator',
  states: everyState,
  statusWords: { ...done, '6982': 'neither PIN verified nor inside a secure channel' },
  summary: `Gives the last ${LOG_CAPACITY} security events, chained by SHA-256.`,
  source: `${source}; docs/card.md`,
});

/** GET DATA of the attestation key's certificate chain. */
export const getCertificates = defineCommand({
  ...shared,
  name: 'GET DATA certificates',
  p1: 0xff,
  p2: 0x26,
  response: optional(bytes('X.509 certificates in DER, the attestation key’s first', 1, CERTIFICATES_MAX)),
  access: 'anyone',
  states: everyState,
  statusWords: done,
  summary: 'Gives the certificate chain of the attestation key; nothing where none is stored.',
  source,
});
