// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import { bytes, tlvs } from '../../layout.ts';

/** File control information of an application: its AID, and the longest command data field in bytes. */
const fci = tlvs(
  { aid: [0x84, bytes('AID', 5, 16)], proprietary: [0xa5, bytes('9F65 ‖ 02 ‖ longest data field', 5)] },
  0x6f,
);

const shared = {
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  data: bytes('AID or its first bytes', 0, 16),
  response: fci,
  access: 'anyone',
  states: everyState,
  statusWords: { '9000': 'selected', '6A82': 'no (further) application with that AID' },
  source: 'ISO/IEC 7816-4:2020 §11.2.2; GlobalPlatform Card Specification 2.3.1 §11.9',
} as const;

/** SELECT the first application whose AID begins with the data; no data selects the default application. */
export const select = defineCommand({
  ...shared,
  name: 'SELECT',
  p2: 0x00,
  summary:
    'Selects the first application whose AID begins with the data, the default one when there is none.',
});

/** SELECT the next such application after the one selected now. */
export const selectNext = defineCommand({
  ...shared,
  name: 'SELECT next',
  p2: 0x02,
  summary: 'Selects the next application whose AID begins with the data.',
});
