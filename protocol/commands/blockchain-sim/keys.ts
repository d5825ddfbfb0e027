// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState, workingStates } from '../../command.ts';
import { bytes, nothing, optional, tlvs } from '../../layout.ts';
import { keyPolicy } from './key-policy.ts';
import { algorithm, keyChoice, keyReference, publicKeyTemplate } from './key-reference.ts';
import { keyRole, keyUsage } from './key-role.ts';

const source = 'ISO/IEC 7816-8:2021 §5.2';

/** What a new key is: without role it is an identity key, without usage all that its role allows, without policy the default one. */
const newKey = {
  reference: [0x84, keyReference],
  curve: [0x80, algorithm],
  role: [0xc0, optional(keyRole)],
  usage: [0x95, optional(keyUsage)],
  policy: [0xc1, optional(keyPolicy)],
} as const;
const noRoom = { '6A88': 'no such slot', '6A89': 'the slot holds a key' } as const;

/** GENERATE ASYMMETRIC KEY PAIR: a new key, or a new seed of a wallet, in an empty slot. */
export const generateKeyPair = defineCommand({
  name: 'GENERATE ASYMMETRIC KEY PAIR',
  cla: 0x00,
  ins: 0x47,
  p1: 0x80,
  p2: 0x00,
  data: tlvs(newKey, 0xb6),
  response: publicKeyTemplate,
  access: 'holder',
  states: workingStates,
  statusWords: {
    '9000': 'generated',
    '6982': 'PIN not verified',
    '6985': 'not in this life-cycle state',
    ...noRoom,
  },
  summary:
    'Generates a key pair, or the seed of a wallet, in an empty slot and gives its (master) public key.',
  source,
});

/** GENERATE ASYMMETRIC KEY PAIR in its reading form: a public key; that of a wallet only for its holder. */
export const readPublicKey = defineCommand({
  name: 'GENERATE ASYMMETRIC KEY PAIR read public key',
  cla: 0x00,
  ins: 0x47,
  p1: 0x81,
  p2: 0x00,
  data: tlvs(keyChoice, 0xb6),
  response: publicKeyTemplate,
  access: 'anyone',
  states: everyState,
  statusWords: {
    '9000': 'done',
    '6982': 'a wallet, and PIN not verified',
    '6985': 'a path for a key that is no wallet',
    '6A88': 'no key there',
  },
  summary: 'Gives the public key of a slot, of a wallet the one at the path.',
  source,
});

/** GENERATE ASYMMETRIC KEY PAIR in its reading form with proprietary content: what an extended public key is made of. */
export const readExtendedPublicKey = defineCommand({
  name: 'GENERATE ASYMMETRIC KEY PAIR read extended public key',
  cla: 0x00,
  ins: 0x47,
  p1: 0x83,
  p2: 0x00,
  data: tlvs(keyChoice, 0xb6),
  response: tlvs(
    {
      point: [0x86, bytes('04 ‖ X ‖ Y, or the Ed25519 key', 32, 65)],
      chainCode: [0xc6, bytes('chain code', 32)],
      parent: [0xc7, optional(bytes('public key one level up', 32, 65))],
    },
    0x7f49,
  ),
  access: 'holder',
  states: workingStates,
  secret: 'response',
  statusWords: {
    '9000': 'done',
    '6982': 'PIN not verified',
    '6985': 'not in this life-cycle state, or no wallet',
    '6A88': 'no key there',
  },
  summary: 'Gives public key and chain code of a wallet at the path: whoever has them follows its payments.',
  source: `${source}; BIP-32`,
});

/** IMPORT KEY: a key or a wallet's seed from outside. */
export const importKey = defineCommand({
  name: 'IMPORT KEY',
  cla: 0x80,
  ins: 0x48,
  p1: 0x00,
  p2: 0x00,
  data: tlvs({ ...newKey, secret: [0xc5, bytes('private key (32), or seed (16–64)', 16, 64)] }, 0xb6),
  response: publicKeyTemplate,
  access: 'administrator-with-holder',
  states: workingStates,
  secret: 'data',
  statusWords: {
    '9000': 'imported',
    '6982': 'not inside an encrypted secure channel, or PIN not verified',
    '6985': 'not in this life-cycle state, or the role is identity',
    ...noRoom,
  },
  summary:
    'Puts an agreement key or the seed of a wallet into an empty slot and gives its (master) public key.',
  source: 'proprietary; the template is that of GENERATE ASYMMETRIC KEY PAIR',
});

/** DELETE KEY: erases a slot. */
export const deleteKey = defineCommand({
  name: 'DELETE KEY',
  cla: 0x80,
  ins: 0xe4,
  p1: 0x00,
  p2: 0x00,
  data: tlvs({ reference: [0x84, keyReference] }, 0xb6),
  response: nothing,
  access: 'holder-or-administrator',
  states: workingStates,
  statusWords: {
    '9000': 'erased',
    '6982': 'neither PIN verified nor inside a secure channel, or the policy keeps it from the holder',
    '6985': 'not in this life-cycle state',
    '6A88': 'no key there',
  },
  summary: 'Erases a key for ever.',
  source: 'proprietary; instruction as DELETE in GlobalPlatform Card Specification 2.3.1 §11.2',
});

/** RESET LIMIT: begins the count of a key's cumulative limit anew. */
export const resetLimit = defineCommand({
  name: 'RESET LIMIT',
  cla: 0x80,
  ins: 0x2c,
  p1: 0x00,
  p2: 0x00,
  data: tlvs({ reference: [0x84, keyReference] }, 0xb6),
  response: nothing,
  access: 'administrator',
  states: workingStates,
  statusWords: {
    '9000': 'the count is 0',
    '6982': 'not inside a secure channel',
    '6985': 'not in this life-cycle state, or the key has no cumulative limit',
    '6A88': 'no key there',
  },
  summary: 'Begins the count of what a key has paid towards its cumulative limit anew.',
  source: 'proprietary',
});
