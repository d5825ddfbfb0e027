// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { nothing, optional, sequence } from '../../layout.ts';
import { pinBlockLayout } from '../../pin.ts';

/** P2 of the one PIN of the application (global reference 1). */
const PIN_REFERENCE = 0x01;

const shared = {
  cla: 0x00,
  p1: 0x00,
  p2: PIN_REFERENCE,
  response: nothing,
  access: 'personalised',
  secret: 'data',
} as const;
const blocked = { '6983': 'blocked', '6985': 'not personalised' } as const;

/** VERIFY: opens the PIN's access until reset or deselection; without data it only asks for the tries left. */
export const verify = defineCommand({
  ...shared,
  name: 'VERIFY',
  ins: 0x20,
  data: optional(pinBlockLayout('PIN block')),
  statusWords: { '9000': 'verified', '63CX': 'wrong PIN, or asked without data: X tries left', ...blocked },
  summary: 'Compares the PIN; without data, says whether it is verified and how many tries are left.',
  source: 'ISO/IEC 7816-4:2020 §11.6.6; ETSI TS 102 221 V17 §11.1.9',
});

/** CHANGE REFERENCE DATA: a new PIN for the old one. */
export const changeReferenceData = defineCommand({
  ...shared,
  name: 'CHANGE REFERENCE DATA',
  ins: 0x24,
  data: sequence({ oldPin: pinBlockLayout('old PIN block'), newPin: pinBlockLayout('new PIN block') }),
  statusWords: { '9000': 'changed and verified', '63CX': 'wrong old PIN, X tries left', ...blocked },
  summary: 'Replaces the PIN.',
  source: 'ISO/IEC 7816-4:2020 §11.6.7; ETSI TS 102 221 V17 §11.1.10',
});

/** RESET RETRY COUNTER: a new PIN for the PUK. */
export const resetRetryCounter = defineCommand({
  ...shared,
  name: 'RESET RETRY COUNTER',
  ins: 0x2c,
  data: sequence({ puk: pinBlockLayout('PUK block'), newPin: pinBlockLayout('new PIN block') }),
  statusWords: { '9000': 'unblocked and verified', '63CX': 'wrong PUK, X tries left', ...blocked },
  summary: 'Sets a new PIN and its full number of tries, for the PUK.',
  source: 'ISO/IEC 7816-4:2020 §11.6.10; ETSI TS 102 221 V17 §11.1.13',
});
