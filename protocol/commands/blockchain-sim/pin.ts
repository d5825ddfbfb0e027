// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { nothing, optional, sequence } from '../../layout.ts';
import { pinBlockLayout } from '../../pin.ts';

/** P2 of the PIN (global reference 1), and of the duress PIN. */
const PIN_REFERENCE = 0x01;
const DURESS_PIN_REFERENCE = 0x02;

const shared = {
  cla: 0x00,
  p1: 0x00,
  response: nothing,
  access: 'anyone',
  states: ['personalised'],
  secret: 'data',
} as const;
const blocked = { '6983': 'blocked', '6985': 'not in this life-cycle state' } as const;

/** VERIFY: opens the PIN's access until reset or deselection; without data it only asks for the tries left. */
export const verify = defineCommand({
  ...shared,
  name: 'VERIFY',
  ins: 0x20,
  p2: PIN_REFERENCE,
  data: optional(pinBlockLayout('PIN block')),
  statusWords: { '9000': 'verified', '63CX': 'wrong PIN, or asked without data: X tries left', ...blocked },
  summary:
    'Compares the PIN, and ends what was chosen before; without data, says whether it is verified and how many tries are left.',
  source: 'ISO/IEC 7816-4:2020 §11.6.6; ETSI TS 102 221 V17 §11.1.9',
});

/** CHANGE REFERENCE DATA: a new PIN for the old one. */
export const changeReferenceData = defineCommand({
  ...shared,
  name: 'CHANGE REFERENCE DATA',
  ins: 0x24,
  p2: PIN_REFERENCE,
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
  p2: PIN_REFERENCE,
  data: sequence({ puk: pinBlockLayout('PUK block'), newPin: pinBlockLayout('new PIN block') }),
  statusWords: { '9000': 'unblocked and verified', '63CX': 'wrong PUK, X tries left', ...blocked },
  summary:
    'Sets a new PIN and its full number of tries, for the PUK; the last try of the PUK blocks the card.',
  source: 'ISO/IEC 7816-4:2020 §11.6.10; ETSI TS 102 221 V17 §11.1.13',
});

/** RESET RETRY COUNTER of the duress PIN: sets or takes away a PIN that opens the decoy wallets. */
export const setDuressPin = defineCommand({
  ...shared,
  name: 'RESET RETRY COUNTER duress PIN',
  ins: 0x2c,
  p2: DURESS_PIN_REFERENCE,
  data: sequence({
    puk: pinBlockLayout('PUK block'),
    duressPin: pinBlockLayout('duress PIN block, or FF × 8 for none'),
  }),
  statusWords: { '9000': 'set', '63CX': 'wrong PUK, X tries left', ...blocked },
  summary:
    'Sets a second PIN that opens decoy wallets in place of the true ones, for the PUK. 6A80 when it is the PIN.',
  source: 'proprietary; the comparison is that of RESET RETRY COUNTER',
});
