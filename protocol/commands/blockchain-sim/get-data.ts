// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import type { Curve } from '../../crypto/curve.ts';
import { decodeIccid, encodeIccid } from '../../identifiers/iccid.ts';
import { decodeImsi, encodeImsi } from '../../identifiers/imsi.ts';
import { bytes, type Layout, list, mapped, nothing, tlvs } from '../../layout.ts';
import { algorithm, KEY_SLOTS, keyAndAlgorithm } from './key-reference.ts';

/** Life-cycle states of the application. Source: GlobalPlatform Card Specification 2.3.1 §11.1.1, table 11-4. */
export const lifeCycleStates = { selectable: 0x07, personalised: 0x0f } as const;
/** Name of a life-cycle state. */
export type LifeCycleState = keyof typeof lifeCycleStates;

const byte = (name: string): Layout<number> =>
  mapped(
    bytes(name, 1),
    (value) => value[0] as number,
    (value) => Uint8Array.of(value),
  );

const lifeCycle: Layout<LifeCycleState> = mapped(
  byte('life-cycle state: 07 selectable, 0F personalised'),
  (value) => (value === lifeCycleStates.personalised ? 'personalised' : 'selectable'),
  (value) => lifeCycleStates[value],
);

const algorithms: Layout<readonly Curve[]> = mapped(
  bytes('algorithms, a byte each', 0, 8),
  (value) => [...value].map((id) => algorithm.decode(Uint8Array.of(id))),
  (value) => Uint8Array.from(value.flatMap((curve) => [...algorithm.encode(curve)])),
);

/** Ten bytes of EF.ICCID. */
export const iccidLayout = mapped(bytes('ICCID, nibbles swapped', 10), decodeIccid, encodeIccid);
/** Nine bytes of EF.IMSI. */
export const imsiLayout = mapped(bytes('IMSI as in EF.IMSI', 9), decodeImsi, encodeImsi);

const shared = { cla: 0x00, ins: 0xca, data: nothing } as const;
const source = 'ISO/IEC 7816-4:2020 §11.5.3';
/** P1-P2 is a tag here, so one that the card has not is referenced data not found, and no bad parameter. */
const done = { '9000': 'done', '6A88': 'no data object with that tag' } as const;

/** GET DATA of the application's version, life-cycle state, declared algorithms and tries left. */
export const getApplicationInformation = defineCommand({
  ...shared,
  name: 'GET DATA application information',
  p1: 0xff,
  p2: 0x20,
  response: tlvs({
    version: [0x81, bytes('version, major ‖ minor', 2)],
    lifeCycle: [0x82, lifeCycle],
    algorithms: [0x83, algorithms],
    keySlots: [0x84, byte('number of key slots')],
    pinTries: [0x85, byte('PIN tries left')],
    pukTries: [0x86, byte('PUK tries left')],
  }),
  access: 'always',
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
  response: list(tlvs(keyAndAlgorithm), 0xb6, KEY_SLOTS),
  access: 'always',
  statusWords: done,
  summary: 'Lists the keys by reference and algorithm, in order of their references.',
  source,
});

/** GET DATA of the card's ICCID. */
export const getIccid = defineCommand({
  ...shared,
  name: 'GET DATA ICCID',
  p1: 0x00,
  p2: 0x5a,
  response: iccidLayout,
  access: 'personalised',
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
  access: 'pin',
  secret: 'response',
  statusWords: { ...done, '6982': 'PIN not verified', '6985': 'not personalised' },
  summary: 'Gives the IMSI, which is personal data and therefore behind the PIN, as EF.IMSI is.',
  source: `${source}; 3GPP TS 31.102 §4.2.2`,
});
