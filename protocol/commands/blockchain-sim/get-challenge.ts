// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import { bytes, nothing } from '../../layout.ts';

/** GET CHALLENGE: 32 bytes from the card's random number generator. */
export const getChallenge = defineCommand({
  name: 'GET CHALLENGE',
  cla: 0x00,
  ins: 0x84,
  p1: 0x00,
  p2: 0x00,
  data: nothing,
  response: bytes('random bytes', 32),
  access: 'anyone',
  states: everyState,
  statusWords: { '9000': 'done' },
  summary: 'Gives 32 random bytes.',
  source: 'ISO/IEC 7816-4:2020 §11.6.3',
});
