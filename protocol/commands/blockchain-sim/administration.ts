// SPDX-License-Identifier: Apache-2.0
import { defineCommand, everyState } from '../../command.ts';
import { bytes, nothing } from '../../layout.ts';
import { CERTIFICATES_MAX } from './get-data.ts';
import { publicKeyTemplate } from './key-reference.ts';

const shared = {
  p1: 0x00,
  p2: 0x00,
  data: nothing,
  response: nothing,
  access: 'administrator',
} as const;
const refused = { '6982': 'not inside a secure channel', '6985': 'not in this life-cycle state' } as const;

/** GENERATE of the attestation key, P-256. */
export const generateAttestationKey = defineCommand({
  ...shared,
  name: 'GENERATE ASYMMETRIC KEY PAIR attestation key',
  cla: 0x80,
  ins: 0x47,
  p1: 0x80,
  response: publicKeyTemplate,
  states: ['selectable', 'personalised'],
  statusWords: { '9000': 'generated', ...refused, '6A89': 'there is one already' },
  summary: 'Generates the key that signs attestations, on P-256, once.',
  source: 'ISO/IEC 7816-8:2021 §5.2',
});

/** Public part of the attestation key. */
export const readAttestationKey = defineCommand({
  ...shared,
  name: 'GENERATE ASYMMETRIC KEY PAIR read attestation key',
  cla: 0x80,
  ins: 0x47,
  p1: 0x81,
  response: publicKeyTemplate,
  access: 'anyone',
  states: everyState,
  statusWords: { '9000': 'done', '6A88': 'there is none' },
  summary: 'Gives the public key that attestations are verified with.',
  source: 'ISO/IEC 7816-8:2021 §5.2',
});

/** PUT DATA of the attestation key's certificate chain. */
export const putCertificates = defineCommand({
  ...shared,
  name: 'PUT DATA certificates',
  cla: 0x00,
  ins: 0xda,
  p1: 0xff,
  p2: 0x26,
  data: bytes('X.509 certificates in DER, the attestation key’s first', 1, CERTIFICATES_MAX),
  chaining: 'gathered',
  states: ['selectable', 'personalised'],
  statusWords: { '9000': 'stored', ...refused },
  summary: 'Stores the certificate chain of the attestation key, in place of the one before.',
  source: 'ISO/IEC 7816-4:2020 §11.5.4',
});

/** DEACTIVATE FILE of the application: takes its keys out of use. */
export const block = defineCommand({
  ...shared,
  name: 'DEACTIVATE FILE',
  cla: 0x00,
  ins: 0x04,
  states: ['personalised'],
  statusWords: { '9000': 'blocked', ...refused },
  summary: 'Takes a card out of use, such as one that was lost.',
  source: 'ISO/IEC 7816-9; ETSI TS 102 221 V17 §11.1.14',
});

/** ACTIVATE FILE of the application: takes its keys into use again. */
export const activate = defineCommand({
  ...shared,
  name: 'ACTIVATE FILE',
  cla: 0x00,
  ins: 0x44,
  states: ['blocked'],
  statusWords: {
    '9000': 'personalised again',
    '6982': 'not inside a secure channel',
    '6985': 'not in this life-cycle state, or the tries of the PUK are used up',
  },
  summary: 'Takes a blocked card into use again.',
  source: 'ISO/IEC 7816-9; ETSI TS 102 221 V17 §11.1.15',
});

/** TERMINATE DF of the application: erases its keys and its PIN for ever. */
export const terminate = defineCommand({
  ...shared,
  name: 'TERMINATE DF',
  cla: 0x00,
  ins: 0xe6,
  states: ['selectable', 'personalised', 'blocked'],
  statusWords: { '9000': 'terminated', ...refused },
  summary: 'Erases all keys and the PIN and ends the application for ever.',
  source: 'ISO/IEC 7816-9',
});

/** FACTORY RESET: a blank card again. */
export const factoryReset = defineCommand({
  ...shared,
  name: 'FACTORY RESET',
  cla: 0x80,
  ins: 0xfa,
  states: ['selectable', 'personalised', 'blocked'],
  statusWords: { '9000': 'blank', ...refused },
  summary: 'Erases all keys, certificates, PIN and personal data; log and its numbers go on.',
  source: 'proprietary',
});
