// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { nothing, tlvs } from '../../layout.ts';
import { pinBlockLayout } from '../../pin.ts';
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
  }),
  response: nothing,
  access: 'not-personalised',
  secret: 'data',
  statusWords: { '9000': 'personalised', '6985': 'already personalised' },
  summary: 'Gives a blank card its ICCID, IMSI, PIN and PUK, all or nothing, and ends personalisation.',
  source: 'GlobalPlatform Card Specification 2.3.1 §11.11',
});
