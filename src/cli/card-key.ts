// SPDX-License-Identifier: Apache-2.0
import type { BlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { cardSigner } from '../../host/signers/card-signer.ts';
import type { Signer } from '../../protocol/signer.ts';
import { nodeVerifySignature } from '../chain/crypto/node-verify.ts';

/** A key of the card as a signer whose signatures OpenSSL checks, which is many times faster than portable code. */
export const cardKey = (sim: BlockchainSim, reference: number): Promise<Signer> =>
  cardSigner(sim, reference, { verify: nodeVerifySignature });
