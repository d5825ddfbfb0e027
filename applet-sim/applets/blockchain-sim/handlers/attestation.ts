// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { ATTESTATION_TYPE, encodeAttestation } from '../../../../protocol/attestation.ts';
import { APPLICATION_VERSION } from '../../../../protocol/commands/blockchain-sim/get-data.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { keyPolicy } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { encodeSign1, toBeSigned } from '../../../../protocol/cose.ts';
import { parseCardPublicKey } from '../../../../protocol/crypto/card-curve.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { sign } from '../../../runtime/crypto.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { presenceOf } from '../access.ts';
import { type Context, log } from '../context.ts';
import { counterOf, keyAt, pointAt } from '../key-use.ts';

type AttestationCommands = Pick<typeof blockchainSimCommands, 'attest'>;

const CURVE = 'P-256';

/** Handler of the command that states what a key is. */
export const attestationHandlers: HandlersOf<AttestationCommands, Context> = {
  attest: ({ reference, path, challenge }, context) => {
    const { memory, random } = context;
    const key = keyAt(reference, context);
    const { attestationKey } = memory.state;
    if (attestationKey === undefined) throw new StatusFault(SW.wrongState);
    const point = pointAt(key, path, presenceOf(context));
    // Logged first, so that the head which the statement gives has this very statement in it.
    log(context, 'attestation', { reference });
    memory.commit();
    const { sequence, head } = memory.state.log;
    const payload = encodeAttestation({
      challenge,
      key: parseCardPublicKey(key.curve, point),
      reference,
      ...(path === undefined ? {} : { path }),
      role: key.role,
      usage: key.usage,
      policy: keyPolicy.encode(key.policy),
      origin: key.origin,
      signatures: counterOf(reference, context).signatures,
      log: { sequence: BigInt(sequence), head },
      applicationVersion: APPLICATION_VERSION,
    });
    const digest = sha256(toBeSigned(CURVE, ATTESTATION_TYPE, payload));
    const signature = sign(attestationKey, digest, random);
    return encodeSign1({ curve: CURVE, type: ATTESTATION_TYPE, payload, signature });
  },
};
