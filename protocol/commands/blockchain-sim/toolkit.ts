// SPDX-License-Identifier: Apache-2.0
import { defineCommand, workingStates } from '../../command.ts';
import { bytes, nothing } from '../../layout.ts';

const shared = { cla: 0x80, p1: 0x00, p2: 0x00, access: 'anyone', states: workingStates } as const;

/** TERMINAL PROFILE: what the terminal can do for the card. */
export const terminalProfile = defineCommand({
  ...shared,
  name: 'TERMINAL PROFILE',
  ins: 0x10,
  data: bytes('profile', 1, 64),
  response: nothing,
  statusWords: { '9000': 'taken', '6985': 'not in this life-cycle state, or this card asks no terminal' },
  summary: 'Says what the terminal can do; DISPLAY TEXT and GET INKEY are what confirmations need.',
  source: 'ETSI TS 102 221 V17 §11.2.1; ETSI TS 102 223 V17 §5.2',
});

/** FETCH: the proactive command that 91XX announced. */
export const fetch = defineCommand({
  ...shared,
  name: 'FETCH',
  ins: 0x12,
  data: nothing,
  response: bytes('D0 {proactive command}', 2, 256),
  statusWords: { '9000': 'done', '6985': 'not in this life-cycle state, or none waits' },
  summary: 'Gives the proactive command that 91XX announced.',
  source: 'ETSI TS 102 221 V17 §11.2.3; ETSI TS 102 223 V17 §6.6',
});

/** TERMINAL RESPONSE: what became of the proactive command. */
export const terminalResponse = defineCommand({
  ...shared,
  name: 'TERMINAL RESPONSE',
  ins: 0x14,
  data: bytes('command details, device identities, result, [text]', 1, 255),
  response: nothing,
  statusWords: {
    '9000': 'taken',
    '91XX': 'taken; the next proactive command, of XX bytes, waits',
    '6985': 'not in this life-cycle state, or none was fetched',
  },
  summary: 'Says what became of a proactive command; only a yes to the question releases a signature.',
  source: 'ETSI TS 102 221 V17 §11.2.4; ETSI TS 102 223 V17 §6.8',
});
