// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import { bytes, nothing } from '../../layout.ts';

/** GET RESPONSE: the next part of a response announced by 61XX. */
export const getResponse = defineCommand({
  name: 'GET RESPONSE',
  cla: 0x00,
  ins: 0xc0,
  p1: 0x00,
  p2: 0x00,
  data: nothing,
  response: bytes('next part', 0, 256),
  access: 'anyone',
  states: everyState,
  statusWords: { '9000': 'that was the last part', '6985': 'no response waits' },
  summary: 'Fetches the next part of a response that 61XX announced.',
  source: 'ISO/IEC 7816-4:2020 §11.7.1; ETSI TS 102 221 V17 §12.1.1',
});
