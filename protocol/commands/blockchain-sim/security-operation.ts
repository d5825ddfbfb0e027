// SPDX-License-Identifier: Apache-2.0
import { defineCommand, workingStates } from '../../command.ts';
import { SIGNATURE_LENGTH } from '../../crypto/curve.ts';
import { bytes, nothing, optional, sequence, tlvs } from '../../layout.ts';
import { pinBlockLayout } from '../../pin.ts';
import { keyChoice } from './key-reference.ts';

/** Most bytes of a transaction's Sig_structure, and of a message for Ed25519. */
export const SIGNED_BYTES_MAX = 4096;
/** Most bytes of one part of what is streamed: Java Card counts them in a signed short. */
const PART_MAX = 32_767;

const signature = bytes('signature r ‖ s or R ‖ S', SIGNATURE_LENGTH);
const refused = {
  '6982': 'PIN not verified',
  '6985': 'not in this life-cycle state, no key chosen, or its policy does not allow it',
} as const;

/** PERFORM SECURITY OPERATION: HASH. */
export const hash = defineCommand({
  name: 'PERFORM SECURITY OPERATION hash',
  cla: 0x00,
  ins: 0x2a,
  p1: 0x90,
  p2: 0x80,
  data: bytes('message, or a part of it', 0, PART_MAX),
  response: nothing,
  access: 'holder',
  states: workingStates,
  chaining: 'streamed',
  statusWords: { '9000': 'hashed', ...refused },
  summary:
    'Hashes a message on the card; the next COMPUTE DIGITAL SIGNATURE without data signs it. A transaction is refused: it is signed whole.',
  source: 'ISO/IEC 7816-8:2021 §5.4.3',
});

/** PERFORM SECURITY OPERATION: COMPUTE DIGITAL SIGNATURE. */
export const computeDigitalSignature = defineCommand({
  name: 'PERFORM SECURITY OPERATION compute digital signature',
  cla: 0x00,
  ins: 0x2a,
  p1: 0x9e,
  p2: 0x9a,
  data: bytes(
    'digest of 32 (48, 64), or the message for Ed25519, or nothing after a hash or a confirmed transaction',
    0,
    SIGNED_BYTES_MAX,
  ),
  response: signature,
  access: 'holder',
  states: workingStates,
  chaining: 'streamed',
  statusWords: { '9000': 'signed', ...refused },
  summary:
    'Signs with the chosen key: ECDSA with low s or SM2 over a digest, Ed25519 over the message itself; r ‖ s or R ‖ S.',
  source: 'ISO/IEC 7816-8:2021 §5.4.2',
});

/** PERFORM SECURITY OPERATION of a whole transaction, which the card reads itself. */
export const signTransaction = defineCommand({
  name: 'PERFORM SECURITY OPERATION sign transaction',
  cla: 0x80,
  ins: 0x2a,
  p1: 0x9e,
  p2: 0x9a,
  data: bytes('Sig_structure of a transaction, or a part of it', 1, SIGNED_BYTES_MAX),
  response: optional(signature),
  access: 'holder',
  states: workingStates,
  chaining: 'streamed',
  statusWords: {
    '9000': 'signed; without a signature where the holder has still to confirm',
    '91XX': 'the holder is to confirm: a proactive command of XX bytes waits',
    ...refused,
  },
  summary:
    'Reads a transaction, checks it against the policy of the chosen key, and signs the bytes that it read, at once or after the holder has confirmed.',
  source: 'proprietary; RFC 9052 §4.4; docs/transaction.md',
});

/** CONFIRM: the PIN once more, for one transaction, on a card that has no terminal to ask. */
export const confirmWithPin = defineCommand({
  name: 'CONFIRM',
  cla: 0x80,
  ins: 0x20,
  p1: 0x00,
  p2: 0x01,
  data: sequence({ pin: pinBlockLayout('PIN block'), hash: bytes('SHA-256 of the Sig_structure', 32) }),
  response: nothing,
  access: 'holder',
  states: ['personalised'],
  secret: 'data',
  statusWords: {
    '9000': 'confirmed; COMPUTE DIGITAL SIGNATURE without data signs',
    '63CX': 'wrong PIN, X tries left; the transaction is forgotten',
    '6982': 'PIN not verified',
    '6983': 'PIN blocked',
    '6985':
      'not in this life-cycle state, nothing waits to be confirmed, another hash, or this card asks a terminal',
  },
  summary: 'Confirms the transaction of that hash with the PIN.',
  source: 'proprietary; the comparison is that of VERIFY',
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
  access: 'holder',
  states: workingStates,
  statusWords: { '9000': 'signed', ...refused },
  summary: 'Signs "bsim/internal-authenticate/1" ‖ 00 ‖ challenge, which is never the hash of a transaction.',
  source: 'ISO/IEC 7816-4:2020 §11.6.2',
});

/** GENERAL AUTHENTICATE: a secret shared with the holder of another key. */
export const generalAuthenticate = defineCommand({
  name: 'GENERAL AUTHENTICATE',
  cla: 0x00,
  ins: 0x86,
  p1: 0x00,
  p2: 0x00,
  data: tlvs(
    {
      point: [0x85, bytes('public key of the other, 04 ‖ X ‖ Y', 65)],
      sharedInfo: [0x94, optional(bytes('SharedInfo', 0, 64))],
    },
    0x7c,
  ),
  response: tlvs({ secret: [0x82, bytes('shared secret', 32)] }, 0x7c),
  access: 'holder',
  states: workingStates,
  secret: 'response',
  statusWords: { '9000': 'agreed', ...refused },
  summary:
    'Gives the secret shared with another key: the x coordinate, or with SharedInfo 32 bytes of the X9.63 KDF with SHA-256.',
  source: 'ISO/IEC 7816-4:2020 §11.6.5; SEC 1 v2.0 §3.3.1 and §3.6.1',
});

/** INTERNAL AUTHENTICATE of the attestation key: what a key of the card is. */
export const attest = defineCommand({
  name: 'INTERNAL AUTHENTICATE attestation',
  cla: 0x80,
  ins: 0x88,
  p1: 0x00,
  p2: 0x00,
  data: tlvs({ ...keyChoice, challenge: [0x81, bytes('challenge', 16, 64)] }),
  response: bytes('COSE_Sign1 of an attestation', 1, 1024),
  access: 'holder-or-administrator',
  states: workingStates,
  statusWords: {
    '9000': 'signed',
    '6982': 'neither PIN verified nor inside a secure channel, or a wallet and PIN not verified',
    '6985': 'not in this life-cycle state, no attestation key, or a path for a key that is no wallet',
    '6A88': 'no key there',
  },
  summary:
    'States a key of the card, its counter and the head of the log over a challenge, signed by the attestation key.',
  source: 'proprietary; RFC 9052 §4.2; docs/card.md',
});
