// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../bytes.ts';
import { defineCommand, everyState } from '../../command.ts';
import { bytes, type Layout, nothing } from '../../layout.ts';
import { securityLevels } from '../../scp03/secure-messaging.ts';
import { badRequest } from '../blockchain-sim/bad-request.ts';

/** Highest key version number. Source: GlobalPlatform Card Specification 2.3.1 §11.8.2.1. */
export const KVN_MAX = 0x7f;
/** Key version numbers, 0 included, which leaves the choice to the card. */
export const keyVersions: readonly number[] = Array.from({ length: KVN_MAX + 1 }, (_, kvn) => kvn);

type InitializeUpdate = { readonly kvn: number; readonly hostChallenge: Uint8Array };

const request: Layout<InitializeUpdate> = {
  text: 'host challenge (8, or 16 in mode S16)',
  min: 9,
  max: 17,
  encode: ({ kvn, hostChallenge }) => concat(Uint8Array.of(kvn), hostChallenge),
  decode: (value) => ({ kvn: value[0] ?? 0, hostChallenge: value.slice(1) }),
};

/** What a card answers to INITIALIZE UPDATE. */
export type InitializeUpdateResponse = {
  /** 10 bytes. */
  readonly diversification: Uint8Array;
  readonly kvn: number;
  /** The i parameter: bits 10 pseudo-random challenge, 20 R-MAC, 60 R-MAC and R-ENC, 01 mode S16. */
  readonly options: number;
  /** 8 bytes each, 16 in mode S16. */
  readonly cardChallenge: Uint8Array;
  readonly cardCryptogram: Uint8Array;
  /** With a pseudo-random challenge: how many sessions the key set has had. */
  readonly sequenceCounter?: number;
};

/** Bits of the i parameter. Source: GlobalPlatform Amendment D v1.2 §5.1. */
export const SCP03_OPTION = { s16: 0x01, pseudoRandom: 0x10, rMac: 0x20, rMacAndEncryption: 0x60 } as const;

const PROTOCOL = 0x03;

const response: Layout<InitializeUpdateResponse> = {
  text: 'key diversification data (10) ‖ KVN (1) ‖ 03 ‖ i (1) ‖ card challenge (8 or 16) ‖ card cryptogram (8 or 16) ‖ [sequence counter (3)]',
  min: 29,
  max: 48,
  encode: ({ diversification, kvn, options, cardChallenge, cardCryptogram, sequenceCounter: counter }) =>
    concat(
      diversification,
      Uint8Array.of(kvn, PROTOCOL, options),
      cardChallenge,
      cardCryptogram,
      counter === undefined ? new Uint8Array(0) : Uint8Array.of(counter >> 16, counter >> 8, counter),
    ),
  decode: (value) => {
    const [kvn = 0, protocol, options = 0] = value.subarray(10);
    const part = (options & SCP03_OPTION.s16) === 0 ? 8 : 16;
    const counted = (options & SCP03_OPTION.pseudoRandom) !== 0;
    if (protocol !== PROTOCOL || value.length !== 13 + 2 * part + (counted ? 3 : 0))
      throw badRequest('INITIALIZE UPDATE response', 'SCP03 and the lengths of its i parameter');
    const [a = 0, b = 0, c = 0] = value.subarray(13 + 2 * part);
    return {
      diversification: value.slice(0, 10),
      kvn,
      options,
      cardChallenge: value.slice(13, 13 + part),
      cardCryptogram: value.slice(13 + part, 13 + 2 * part),
      ...(counted ? { sequenceCounter: (a << 16) | (b << 8) | c } : {}),
    };
  },
};

/** INITIALIZE UPDATE: begins a secure channel with a key set. */
export const initializeUpdate = defineCommand({
  name: 'INITIALIZE UPDATE',
  cla: 0x80,
  ins: 0x50,
  p1: 0x00,
  p2: 0x00,
  parameter: { at: 'p1', name: 'key version number, 00 for any', values: keyVersions },
  data: request,
  response,
  access: 'anyone',
  states: everyState,
  statusWords: {
    '9000': 'begun',
    '6983': 'this key set is locked after repeated failures',
    '6A88': 'no key set of that version',
  },
  summary: 'Begins a secure channel (SCP03); one that was open ends.',
  source: 'GlobalPlatform Amendment D v1.2 §7.1.1',
});

/** EXTERNAL AUTHENTICATE: proves the host's keys and opens the secure channel. */
export const externalAuthenticate = defineCommand({
  name: 'EXTERNAL AUTHENTICATE',
  cla: 0x84,
  ins: 0x82,
  p1: 0x01,
  p2: 0x00,
  parameter: { at: 'p1', name: 'security level', values: securityLevels },
  data: {
    ...bytes('security level ‖ host cryptogram ‖ C-MAC', 17, 33),
    text: 'host cryptogram (8 or 16) ‖ C-MAC (8 or 16)',
  },
  response: nothing,
  access: 'anyone',
  states: everyState,
  statusWords: {
    '9000': 'open',
    '6300': 'host cryptogram or C-MAC is wrong',
    '6985': 'no INITIALIZE UPDATE just before',
  },
  summary: 'Opens the secure channel at a security level: 01 C-MAC, 02 C-ENC, 10 R-MAC, 20 R-ENC, added.',
  source: 'GlobalPlatform Amendment D v1.2 §7.1.2',
});
