// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { wipe } from '../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { KEY_SLOTS } from '../../../protocol/commands/blockchain-sim/key-reference.ts';
import { curves } from '../../../protocol/crypto/curve.ts';
import { internalAuthenticateMessage } from '../../../protocol/statements.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { HandlersOf } from '../../dispatch.ts';
import { generateKeyPair, type KeyPair, sign } from '../../runtime/crypto.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import type { Context } from './context.ts';
import { dropDigest } from './session.ts';

type KeyCommands = Pick<
  typeof blockchainSimCommands,
  | 'generateKeyPair'
  | 'readPublicKey'
  | 'chooseSignatureKey'
  | 'chooseAuthenticationKey'
  | 'hash'
  | 'computeDigitalSignature'
  | 'internalAuthenticate'
>;

/** Length of the digests that ECDSA signs here. */
const DIGEST_LENGTH = 32;

/** Handlers of the commands that make keys and sign with them. */
export const keyHandlers: HandlersOf<KeyCommands, Context> = {
  generateKeyPair: ({ reference, curve }, { memory, algorithms, random }) => {
    if (!algorithms.includes(curve)) throw new StatusFault(SW.badData);
    if (reference < 1 || reference > KEY_SLOTS) throw new StatusFault(SW.notFound);
    const { state } = memory;
    if (state.keys.has(reference)) throw new StatusFault(SW.alreadyExists);
    const key = generateKeyPair(curve, random);
    const inOrder = [...state.keys, [reference, key] as const].sort(([a], [b]) => a - b);
    memory.replace({ ...state, keys: new Map(inOrder) });
    return { point: key.point };
  },

  readPublicKey: ({ reference }, context) => ({ point: keyAt(reference, context).point }),

  // A choice that fails leaves no key chosen: a host that overlooks the status word must not sign with the last one.
  chooseSignatureKey: ({ reference }, context) => {
    context.session.signatureKey = 0;
    dropDigest(context.session);
    keyAt(reference, context);
    context.session.signatureKey = reference;
  },

  chooseAuthenticationKey: ({ reference }, context) => {
    context.session.authenticationKey = 0;
    keyAt(reference, context);
    context.session.authenticationKey = reference;
  },

  hash: (message, context) => {
    const { session } = context;
    const key = chosenKey(session.signatureKey, context);
    // Ed25519 signs messages; a digest kept for it would sign something else than the host believes.
    if (curves[key.curve].signs === 'message') throw new StatusFault(SW.wrongState);
    dropDigest(session);
    session.digest = sha256(message);
  },

  computeDigitalSignature: (data, context) => {
    const { session } = context;
    const key = chosenKey(session.signatureKey, context);
    try {
      if (curves[key.curve].signs === 'message') return sign(key, data);
      if (data.length > 0) {
        if (data.length !== DIGEST_LENGTH) throw new StatusFault(SW.badData);
        return sign(key, data);
      }
      if (session.digest === undefined) throw new StatusFault(SW.wrongState);
      return sign(key, session.digest);
    } finally {
      dropDigest(session);
    }
  },

  internalAuthenticate: (challenge, context) => {
    const key = chosenKey(context.session.authenticationKey, context);
    const message = internalAuthenticateMessage(challenge);
    if (curves[key.curve].signs === 'message') return sign(key, message);
    const digest = sha256(message);
    try {
      return sign(key, digest);
    } finally {
      wipe(digest);
    }
  },
};

function keyAt(reference: number, { memory }: Context): KeyPair {
  const key = memory.state.keys.get(reference);
  if (key === undefined) throw new StatusFault(SW.notFound);
  return key;
}

/** The chosen key; there is no command that takes a key away, so a choice stays good. */
function chosenKey(reference: number, { memory }: Context): KeyPair {
  const key = memory.state.keys.get(reference);
  if (key === undefined) throw new StatusFault(SW.wrongState);
  return key;
}
