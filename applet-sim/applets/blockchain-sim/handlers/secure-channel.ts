// SPDX-License-Identifier: Apache-2.0
import type { secureChannelCommands } from '../../../../protocol/commands/secure-channel/index.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../../protocol/identifiers/aid.ts';
import { encodeIccid } from '../../../../protocol/identifiers/iccid.ts';
import { DIVERSIFICATION_LENGTH } from '../../../../protocol/scp03/key-set.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { type Context, log } from '../context.ts';
import type { BlockchainSimState } from '../state.ts';

/** The commands that open a secure channel, through the security domain; with an entry in the log. */
export const secureChannelHandlers: HandlersOf<typeof secureChannelCommands, Context> = {
  initializeUpdate: ({ kvn, hostChallenge }, { domain, session, memory }) =>
    domain.initializeUpdate(
      {
        channel: session.channel,
        aid: aidBytes(BLOCKCHAIN_SIM_AID),
        diversification: diversificationOf(memory.state),
      },
      kvn,
      hostChallenge,
    ),

  externalAuthenticate: (request, context) => {
    const { domain, session, memory } = context;
    const level = request[0] ?? 0;
    try {
      domain.externalAuthenticate(session.channel, level, request.subarray(1), (kvn) =>
        log(context, 'channel-opened', { reference: kvn, detail: level }),
      );
    } catch (fault) {
      if (fault instanceof StatusFault && fault.sw === SW.authenticationFailed) {
        log(context, 'channel-refused');
        memory.commit();
      }
      throw fault;
    }
  },
};

/** Key diversification data of the card: its ICCID as in EF.ICCID, zeros while it has none. */
export const diversificationOf = ({ personalisation }: BlockchainSimState): Uint8Array =>
  personalisation === undefined ? new Uint8Array(DIVERSIFICATION_LENGTH) : encodeIccid(personalisation.iccid);
