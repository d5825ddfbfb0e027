// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { nothing, optional, tlvs } from '../../layout.ts';
import { pinBlockLayout } from '../../pin.ts';
import { forbiddenPinsLayout, pinRulesLayout } from '../../pin-rules.ts';
import { iccidLayout, imsiLayout } from './get-data.ts';

/** STORE DATA: personalises a blank card in one step, so that it is either blank or personalised. */
export const storeData = defineCommand({
  name: 'STORE DATA',
  cla: 0x80,
  ins: 0xe2,
  p1: 0x80,
  p2: 0x00,
  data: tlvs({
    iccid: [0x5a, iccidLayout],
    imsi: [0xdf22, imsiLayout],
    pin: [0xdf23, pinBlockLayout('PIN block')],
    puk: [0xdf24, pinBlockLayout('PUK block')],
    pinRules: [0xdf25, optional(pinRulesLayout)],
    forbiddenPins: [0xdf26, optional(forbiddenPinsLayout)],
  }),
  response: nothing,
  access: 'administrator',
  states: ['selectable'],
  secret: 'data',
  statusWords: {
    '9000': 'personalised',
    '6982': 'not inside an encrypted secure channel',
    '6985': 'not blank',
  },
  summary:
    'Gives a blank card its ICCID, IMSI, PIN, PUK and rules for PINs, all or nothing, and hands it to its holder.',
  source: 'GlobalPlatform Card Specification 2.3.1 §11.11',
});
