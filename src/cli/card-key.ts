// SPDX-License-Identifier: Apache-2.0
import type { BlockchainSim, KeyEntry } from '../../host/clients/blockchain-sim.ts';
import { CardError } from '../../host/errors.ts';
import { cardSigner } from '../../host/signers/card-signer.ts';
import { parseDerivationPath } from '../../host/wallet/derivation-path.ts';
import { toHex } from '../../protocol/bytes.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { hasFlag } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { type Signer, TRANSACTION_TYPE } from '../../protocol/signer.ts';
import { nodeVerifySignature } from '../chain/crypto/node-verify.ts';
import { verifyPin } from './context.ts';
import { describeSigned } from './describe-messages.ts';
import type { Printer } from './print.ts';
import { pinSource, readSecret } from './secret-input.ts';

/** Which key of the card a command uses. */
export type KeyOptions = { readonly key: number; readonly path?: string; readonly pinFile?: string };

/** The indices of --path, when it is given; `m` itself is the master key, like no path. Throws `wallet/bad-path`. */
export function pathOf({ path }: { readonly path?: string }): { readonly path?: readonly number[] } {
  const levels = path === undefined ? [] : parseDerivationPath(path);
  return levels.length === 0 ? {} : { path: levels };
}

/** What the card says of a key in its directory, or undefined for an empty slot. */
export const keyEntry = async (sim: BlockchainSim, reference: number): Promise<KeyEntry | undefined> =>
  (await sim.keyDirectory()).find((key) => key.reference === reference);

/**
 * A key of the card as a signer whose signatures OpenSSL checks, which is many times faster than portable code. What
 * its policy asks of the holder is asked here: the PIN before each further signature where each uses it up, and once more
 * for a transaction that was shown, where the card has it confirmed so. Throws as `cardSigner` and `readSecret`.
 */
export async function cardKey(sim: BlockchainSim, options: KeyOptions, print: Printer): Promise<Signer> {
  const { key, pinFile } = options;
  const policy = (await keyEntry(sim, key))?.policy;
  const { lifeCycle } = await sim.applicationInformation();
  const usesUpPin =
    lifeCycle === 'personalised' && policy !== undefined && hasFlag(policy, 'pinPerSignature');
  const signer = await cardSigner(sim, key, {
    ...pathOf(options),
    verify: nodeVerifySignature,
    confirm: async (hash) => {
      if (lifeCycle !== 'personalised')
        throw new CardError(
          'card/not-personalised',
          'transaction not confirmed: found a blank card, which has no PIN to confirm with, expected one that is personalised',
          { command: blockchainSimCommands.confirmWithPin.name },
        );
      print.note(`the card asks for the PIN once more, for the transaction of SHA-256 ${toHex(hash)}`);
      return readSecret(pinSource(pinFile));
    },
  });
  let isUsedUp = false;
  return {
    publicKey: signer.publicKey,
    sign: async (message, type) => {
      if (isUsedUp) await verifyPin(sim, pinFile);
      isUsedUp = usesUpPin;
      if (type === TRANSACTION_TYPE && policy !== undefined && hasFlag(policy, 'confirmation'))
        for (const [name, words] of describeSigned(signer.publicKey.curve, message))
          print.note(`to be signed: ${name} ${words}`);
      return signer.sign(message, type);
    },
  };
}
