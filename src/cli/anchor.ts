// SPDX-License-Identifier: Apache-2.0
import type { Anchored } from '../../host/provisioning/provision-card.ts';
import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts';
import type { Signer } from '../../protocol/signer.ts';
import type { NodeClient } from '../api/client.ts';
import { type Address, addressOf } from '../chain/address.ts';
import { parseChainId } from '../chain/chain-id.ts';
import { didOf } from '../chain/did.ts';
import {
  createMessage,
  decodeIdentity,
  didKey,
  identity,
  possessionProof,
} from '../modules/identity/index.ts';
import { CliError } from './errors.ts';
import { sendTransaction } from './send-transaction.ts';

/** An identity on the chain, and whether it was there before. */
export type AnchoredIdentity = Anchored & { readonly existed: boolean };

/**
 * Anchors the identity of `holder`'s key in a transaction of `sender`, who becomes its controller. When the chain has
 * it already with that controller, as after a crash, nothing is sent. Throws `cli/identity-taken` when another
 * controls it or it was deactivated, and what {@link sendTransaction} throws.
 */
export async function anchorIdentity(
  node: NodeClient,
  sender: Signer,
  holder: Signer,
): Promise<AnchoredIdentity> {
  const { chainId } = await node.status();
  const did = didOf(parseChainId(chainId), addressOf(holder.publicKey));
  const controller = addressOf(sender.publicKey);
  const { value } = await node.state(identity.name, toHex(didKey(did)));
  if (value !== null) return { did, height: anchoredAt(did, fromHex(value), controller), existed: true };
  const { height } = await sendTransaction(node, sender, async (place) => [
    createMessage(holder.publicKey, await possessionProof(holder, { ...place, sender: controller })),
  ]);
  return { did, height: BigInt(height), existed: false };
}

function anchoredAt(did: string, value: Uint8Array, controller: Address): bigint {
  const record = decodeIdentity(value);
  if (equalBytes(record.controller, controller) && !record.deactivated) return record.created.height;
  const found = record.deactivated ? 'it deactivated' : 'another controller';
  throw new CliError('cli/identity-taken', `identity not anchored: found ${found} for ${did}`, { did });
}
