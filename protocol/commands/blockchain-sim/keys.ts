// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { tlvs } from '../../layout.ts';
import { keyAndAlgorithm, keyReference, publicKeyTemplate } from './key-reference.ts';

const shared = { cla: 0x00, ins: 0x47, p2: 0x00, response: publicKeyTemplate } as const;

/** GENERATE ASYMMETRIC KEY PAIR: a new key in an empty slot; the private key never leaves the card. */
export const generateKeyPair = defineCommand({
  ...shared,
  name: 'GENERATE ASYMMETRIC KEY PAIR',
  p1: 0x80,
  data: tlvs(keyAndAlgorithm, 0xb6),
  access: 'pin',
  statusWords: {
    '9000': 'generated',
    '6982': 'PIN not verified',
    '6A88': 'no such slot',
    '6A89': 'the slot holds a key',
  },
  summary: 'Generates a key pair in an empty slot and gives its public key.',
  source: 'ISO/IEC 7816-8:2021 §5.2',
});

/** GENERATE ASYMMETRIC KEY PAIR in its reading form: the public key of a slot. */
export const readPublicKey = defineCommand({
  ...shared,
  name: 'GENERATE ASYMMETRIC KEY PAIR read public key',
  p1: 0x81,
  data: tlvs({ reference: [0x84, keyReference] }, 0xb6),
  access: 'always',
  statusWords: { '9000': 'done', '6A88': 'no key there' },
  summary: 'Gives the public key of a slot.',
  source: 'ISO/IEC 7816-8:2021 §5.2',
});
