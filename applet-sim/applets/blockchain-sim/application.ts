// SPDX-License-Identifier: Apache-2.0
import { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import { bindCommands, type HandlersOf } from '../../dispatch.ts';
import type { Application } from '../application.ts';
import { requireAccess } from './access.ts';
import type { Context } from './context.ts';
import { dataHandlers } from './data-handlers.ts';
import { keyHandlers } from './key-handlers.ts';
import { pinHandlers } from './pin-handlers.ts';
import { dropDigest, endSession, newSession } from './session.ts';

const handlers: HandlersOf<typeof blockchainSimCommands, Context> = {
  ...dataHandlers,
  ...pinHandlers,
  ...keyHandlers,
};

/** The key-custody application over its memory. */
export function blockchainSim(resources: Omit<Context, 'session'>): Application {
  const session = newSession();
  const context: Context = { ...resources, session };
  return {
    aid: aidBytes(BLOCKCHAIN_SIM_AID),
    routes: bindCommands(blockchainSimCommands, handlers, context, (command) =>
      requireAccess(command.access, context.memory.state, session),
    ),
    deselect: () => endSession(session),
    commandFailed: () => dropDigest(session),
  };
}
