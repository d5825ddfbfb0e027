// SPDX-License-Identifier: Apache-2.0
import { blockchainSimCommands } from './blockchain-sim/index.ts';
import { cardCommands } from './card/index.ts';
import { cardManagerCommands } from './card-manager/index.ts';
import { secureChannelCommands } from './secure-channel/index.ts';

/** Every command of the contract, by the application that answers it. */
export const catalogue = {
  card: cardCommands,
  'secure-channel': secureChannelCommands,
  'card-manager': cardManagerCommands,
  'blockchain-sim': blockchainSimCommands,
} as const;
