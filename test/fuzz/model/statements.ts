// SPDX-License-Identifier: Apache-2.0

import { ATTESTATION_TYPE, decodeAttestation } from '../../../protocol/attestation.ts';
import { equalBytes, toHex } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { keyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { decodeSign1, toBeSigned } from '../../../protocol/cose.ts';
import { uncompressedCardPublicKey } from '../../../protocol/crypto/card-curve.ts';
import { SW } from '../../../protocol/status-word.ts';
import { peers } from '../corpus.ts';
import { presenceOf, type Rule } from './context.ts';
import { keyAt, nameOf, pointSeen, requirePath, see } from './keys.ts';
import { derivedSecret, digestOf, holdSignature, sharedSecret } from './known-keys.ts';
import { headAt, logLength, record } from './log.ts';
import { hold, refuse } from './outcome.ts';
import { chosen } from './signing.ts';

type Commands = typeof blockchainSimCommands;

const generalAuthenticate: Rule<RequestOf<Commands['generalAuthenticate']>> = (request, call) => {
  const { point, sharedInfo } = request;
  const { key, reference, presence } = chosen('agreement', call);
  const { curve } = key;
  const peer = peers.find((each) => each.curve === curve && each.point === toHex(point));
  // A point that the grammar did not make on this curve is on another one, or on none.
  const isBad = peer === undefined;
  if ((key.usage & (sharedInfo === undefined ? 0x04 : 0x08)) === 0)
    return isBad ? refuse(SW.wrongState, SW.badData) : refuse(SW.wrongState);
  if (peer === undefined) return refuse(SW.badData);
  record(call.s.log, 'agreement', { reference });
  return {
    length: 36,
    check: (data) => {
      const own = pointSeen(key, '', presence);
      if (own === undefined) return;
      const shared = sharedSecret(peer.curve, peer.secret, own);
      const secret = sharedInfo === undefined ? shared : derivedSecret(shared, sharedInfo);
      hold(toHex(data) === `7c228220${toHex(secret)}`, `agreement: found ${toHex(data)}, not the secret`);
    },
  };
};

const attest: Rule<RequestOf<Commands['attest']>> = ({ reference, path, challenge }, call) => {
  const { s } = call;
  const key = keyAt(reference, call);
  if (s.attestation === undefined) refuse(SW.wrongState);
  const presence = presenceOf(call);
  if (key.role !== 'wallet' && path !== undefined) refuse(SW.wrongState);
  if (key.role === 'wallet' && presence === undefined) refuse(SW.notAuthorised);
  const name = nameOf(key, requirePath(key, path), presence);
  record(s.log, 'attestation', { reference });
  const sequence = logLength(s.log);
  const { signatures } = key;
  const signer = s.attestation;
  return {
    check: (data) => {
      const { curve, payload, signature } = decodeSign1(data, ATTESTATION_TYPE);
      const found = decodeAttestation(payload);
      see(key, name, toHex(uncompressedCardPublicKey(found.key)));
      const isAll =
        curve === 'P-256' &&
        equalBytes(found.challenge, challenge) &&
        found.key.curve === key.curve &&
        found.reference === reference &&
        (found.path ?? []).join() === (path ?? []).join() &&
        found.role === key.role &&
        found.usage === key.usage &&
        found.origin === key.origin &&
        equalBytes(found.policy, keyPolicy.encode(key.policy)) &&
        found.signatures === signatures &&
        found.log.sequence === BigInt(sequence) &&
        equalBytes(found.log.head, headAt(s.log, sequence));
      hold(isAll, 'attestation: found another statement than the key and the log allow');
      if (signer === '') return;
      const signed = toBeSigned('P-256', ATTESTATION_TYPE, payload);
      holdSignature('P-256', signer, 'SHA-256', digestOf('SHA-256', signed), signature);
    },
  };
};

/** Rules of the commands that agree on secrets and attest. */
export const statementRules = { generalAuthenticate, attest };
