// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import { byte, nothing } from '../../layout.ts';

/** Logical channels of a card: 0, which is always open, to 3. */
export const CHANNELS = 4;

const shared = {
  cla: 0x00,
  ins: 0x70,
  access: 'anyone',
  states: everyState,
  source: 'ISO/IEC 7816-4:2020 §11.1.2; ETSI TS 102 221 V17 §11.1.17',
} as const;

/** MANAGE CHANNEL: open; the card chooses the number. */
export const openChannel = defineCommand({
  ...shared,
  name: 'MANAGE CHANNEL open',
  p1: 0x00,
  p2: 0x00,
  data: nothing,
  response: byte('logical channel, 1 to 3'),
  statusWords: {
    '9000': 'opened',
    '6A84': 'all are open',
    '6C01': 'the number is not asked for (T=1: no Le; T=0: Le is not 01); nothing is opened',
  },
  summary: 'Opens another logical channel, with a session of its own, and nothing selected.',
});

/** MANAGE CHANNEL: close. */
export const closeChannel = defineCommand({
  ...shared,
  name: 'MANAGE CHANNEL close',
  p1: 0x80,
  p2: 0x01,
  parameter: { at: 'p2', name: 'logical channel', values: [1, 2, 3] },
  data: byte('logical channel'),
  response: nothing,
  statusWords: { '9000': 'closed', '6985': 'it is not open' },
  summary: 'Closes a logical channel and ends its session.',
});
