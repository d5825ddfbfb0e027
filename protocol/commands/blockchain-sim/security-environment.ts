// SPDX-License-Identifier: Apache-2.0
import { defineCommand, workingStates } from '../../command.ts';
import { nothing, optional, tlvs } from '../../layout.ts';
import { hashAlgorithm, keyChoice, keyReference } from './key-reference.ts';

const environment = {
  cla: 0x00,
  ins: 0x22,
  p1: 0x41,
  response: nothing,
  access: 'holder',
  states: workingStates,
  statusWords: {
    '9000': 'chosen',
    '6982': 'PIN not verified',
    '6985': 'not in this life-cycle state, or the key is not for this, or a path for a key that is no wallet',
    '6A88': 'no key there',
  },
  source: 'ISO/IEC 7816-4:2020 §11.6.11',
} as const;

/** MANAGE SECURITY ENVIRONMENT: SET for digital signatures (B6). */
export const chooseSignatureKey = defineCommand({
  ...environment,
  name: 'MANAGE SECURITY ENVIRONMENT digital signature',
  p2: 0xb6,
  data: tlvs({ ...keyChoice, hash: [0x80, optional(hashAlgorithm)] }),
  summary:
    'Chooses the key of the PERFORM SECURITY OPERATION commands, deriving it where it is of a wallet, and the hash.',
});

/** MANAGE SECURITY ENVIRONMENT: SET for authentication (A4). */
export const chooseAuthenticationKey = defineCommand({
  ...environment,
  name: 'MANAGE SECURITY ENVIRONMENT authentication',
  p2: 0xa4,
  data: tlvs(keyChoice),
  summary: 'Chooses the key of INTERNAL AUTHENTICATE.',
});

/** MANAGE SECURITY ENVIRONMENT: SET for key agreement (A6). */
export const chooseAgreementKey = defineCommand({
  ...environment,
  name: 'MANAGE SECURITY ENVIRONMENT key agreement',
  p2: 0xa6,
  data: tlvs({ reference: [0x84, keyReference] }),
  summary: 'Chooses the key of GENERAL AUTHENTICATE.',
});
