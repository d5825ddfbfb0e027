// SPDX-License-Identifier: Apache-2.0
import { equalBytes, fromHex, fromUtf8, toHex } from '../../protocol/bytes.ts';
import type { NodeClient } from '../api/client.ts';
import { provenTransactionJson } from '../api/json.ts';
import type { ProvenTransactionJson } from '../api/types.ts';
import type { ChainId } from '../chain/chain-id.ts';
import { nodeVerifySignature } from '../chain/crypto/node-verify.ts';
import { parseGenesis } from '../chain/genesis.ts';
import { createLightClient } from '../chain/light-client/index.ts';
import { CliError } from './errors.ts';
import { readNamedFile } from './read-file.ts';

/** A chain of which nothing is believed but what the genesis proves. */
export type TrustedChain = {
  readonly chainId: ChainId;
  /** A value of the state, or its absence, with the height it is proven at. Throws `light-client/…`. */
  state(
    module: string,
    key: Uint8Array,
  ): Promise<{ readonly value: Uint8Array | undefined; readonly height: bigint }>;
  /**
   * What the chain has of a transaction that a node shows, read again from the proven bytes.
   * Throws `light-client/…`, or `cli/node-contradicts-proof` when the proof is of another transaction.
   */
  transaction(hash: string, shown: ProvenTransactionJson): ProvenTransactionJson;
};

/**
 * The chain of a genesis file, or of BSIM_GENESIS; undefined when neither names one.
 * Throws `cli/file-not-read` or `chain/bad-genesis`.
 */
export function openTrustedChain(node: NodeClient, genesisFile?: string): TrustedChain | undefined {
  const file = genesisFile ?? process.env.BSIM_GENESIS;
  return file === undefined ? undefined : trustGenesis(node, file);
}

/** The chain of a genesis file. Throws as {@link openTrustedChain}. */
export function trustGenesis(node: NodeClient, file: string): TrustedChain {
  const genesis = parseGenesis(fromUtf8(readNamedFile(file)));
  const client = createLightClient(genesis, { verify: nodeVerifySignature });
  return {
    chainId: genesis.chainId,
    state: async (module, key) => {
      const { signedHeader, proof } = await node.state(module, toHex(key));
      const { value, header } = client.verifyState(fromHex(signedHeader), fromHex(proof), module, key);
      return { value, height: header.height };
    },
    transaction: (hash, shown) => {
      const bytes = fromHex(shown.transaction);
      const signedHeader = fromHex(shown.signedHeader);
      const proof = fromHex(shown.proof);
      const { header, transaction, index, receipt } = client.verifyTransaction(signedHeader, bytes, proof);
      if (equalBytes(transaction.hash, fromHex(hash))) {
        const { height } = header;
        return provenTransactionJson({
          hash: transaction.hash,
          height,
          index,
          receipt,
          bytes,
          signedHeader,
          proof,
        });
      }
      throw new CliError(
        'cli/node-contradicts-proof',
        `transaction not shown: found a proof of another transaction from ${node.url}`,
        { node: node.url },
      );
    },
  };
}
