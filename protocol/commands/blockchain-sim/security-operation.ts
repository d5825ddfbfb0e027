// SPDX-License-Identifier: Apache-2.0
import { defineCommand } from '../../command.ts';
import { SIGNATURE_LENGTH } from '../../crypto/curve.ts';
import { bytes, nothing, tlvs } from '../../layout.ts';
import { keyReference } from './key-reference.ts';

const signature = bytes('signature r ‖ s or R ‖ S', SIGNATURE_LENGTH);
const noKey = {
  '6982': 'PIN not verified',
  '6985': 'no key chosen, or nothing to sign',
} as const;
const environment = {
  cla: 0x00,
  ins: 0x22,
  p1: 0x41,
  data: tlvs({ reference: [0x84, keyReference] }),
  response: nothing,
  access: 'always',
  statusWords: { '9000': 'chosen', '6A88': 'no key there' },
  source: 'ISO/IEC 7816-4:2020 §11.6.11',
} as const;

/** MANAGE SECURITY ENVIRONMENT: SET for digital signatures (B6). */
export const chooseSignatureKey = defineCommand({
  ...environment,
  name: 'MANAGE SECURITY ENVIRONMENT digital signature',
  p2: 0xb6,
  summary: 'Chooses the key of the PERFORM SECURITY OPERATION commands, until reset or deselection.',
});

/** MANAGE SECURITY ENVIRONMENT: SET for authentication (A4). */
export const chooseAuthenticationKey = defineCommand({
  ...environment,
  name: 'MANAGE SECURITY ENVIRONMENT authentication',
  p2: 0xa4,
  summary: 'Chooses the key of INTERNAL AUTHENTICATE, until reset or deselection.',
});

/** PERFORM SECURITY OPERATION: HASH. */
export const hash = defineCommand({
  name: 'PERFORM SECURITY OPERATION hash',
  cla: 0x00,
  ins: 0x2a,
  p1: 0x90,
  p2: 0x80,
  data: bytes('message', 0, 4096),
  response: nothing,
  access: 'pin',
  chaining: true,
  statusWords: { '9000': 'hashed', ...noKey },
  summary:
    'Hashes a message with SHA-256 on the card; the next COMPUTE DIGITAL SIGNATURE without data signs it.',
  source: 'ISO/IEC 7816-8:2021 §5.4.3',
});

/** PERFORM SECURITY OPERATION: COMPUTE DIGITAL SIGNATURE. */
export const computeDigitalSignature = defineCommand({
  name: 'PERFORM SECURITY OPERATION compute digital signature',
  cla: 0x00,
  ins: 0x2a,
  p1: 0x9e,
  p2: 0x9a,
  data: bytes('SHA-256 digest of 32, or the message for Ed25519, or nothing after PSO hash', 0, 4096),
  response: signature,
  access: 'pin',
  chaining: true,
  statusWords: { '9000': 'signed', ...noKey },
  summary:
    'Signs with the chosen key: ECDSA with low s over a SHA-256 digest, Ed25519 over the message itself.',
  source: 'ISO/IEC 7816-8:2021 §5.4.2',
});

/** INTERNAL AUTHENTICATE: proof that the card holds the chosen key. */
export const internalAuthenticate = defineCommand({
  name: 'INTERNAL AUTHENTICATE',
  cla: 0x00,
  ins: 0x88,
  p1: 0x00,
  p2: 0x00,
  data: bytes('challenge', 16, 64),
  response: signature,
  access: 'pin',
  statusWords: { '9000': 'signed', ...noKey },
  summary: 'Signs "bsim/internal-authenticate/1" ‖ 00 ‖ challenge, which is never the hash of a transaction.',
  source: 'ISO/IEC 7816-4:2020 §11.6.2',
});
