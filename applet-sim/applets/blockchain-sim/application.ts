// SPDX-License-Identifier: Apache-2.0
import { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import { bindCommands, type HandlersOf } from '../../dispatch.ts';
import type { Applet } from '../applet.ts';
import { admit } from './access.ts';
import { endConfirmation, endUnexpected } from './confirmation.ts';
import type { Context, Resources } from './context.ts';
import { administrationHandlers } from './handlers/administration.ts';
import { attestationHandlers } from './handlers/attestation.ts';
import { dataHandlers } from './handlers/data.ts';
import { environmentHandlers, forgetLastChoice } from './handlers/environment.ts';
import { keyHandlers } from './handlers/keys.ts';
import { pinHandlers } from './handlers/pin.ts';
import { secureChannelHandlers } from './handlers/secure-channel.ts';
import { signingHandlers } from './handlers/signing.ts';
import { toolkitHandlers } from './handlers/toolkit.ts';
import { endSession, newSession } from './session.ts';

const commands = { ...secureChannelCommands, ...blockchainSimCommands } as const;

const handlers: HandlersOf<typeof commands, Context, 'hash' | 'computeDigitalSignature' | 'signTransaction'> =
  {
    ...secureChannelHandlers,
    ...dataHandlers,
    ...pinHandlers,
    ...keyHandlers,
    ...environmentHandlers,
    ...signingHandlers,
    ...attestationHandlers,
    ...toolkitHandlers,
    ...administrationHandlers,
  };

/** The key-custody application over its memory. */
export function blockchainSim(resources: Resources): Applet {
  const { memory, workspace } = resources;
  const era = { now: 0 };
  return {
    aid: aidBytes(BLOCKCHAIN_SIM_AID),
    isSelectable: () => memory.state.lifeCycle !== 'installed',
    meet: (command, channel, hasData) => endUnexpected(resources, command, channel, hasData),
    interrupted: () => endConfirmation(resources),
    failed: (channel) => {
      endConfirmation(resources);
      workspace.endOf(channel);
    },
    open: (channel) => {
      const session = newSession(channel);
      const context: Context = { ...resources, session, era };
      return {
        routes: bindCommands(commands, handlers, context, (command) => {
          admit(command, context);
          forgetLastChoice(command, context);
        }),
        end: () => {
          endSession(session);
          workspace.endOf(channel);
        },
      };
    },
  };
}
