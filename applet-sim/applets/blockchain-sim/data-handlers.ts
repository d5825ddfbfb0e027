// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { KEY_SLOTS } from '../../../protocol/commands/blockchain-sim/key-reference.ts';
import { isPinBlock, isPukBlock, PIN_TRIES, PUK_TRIES } from '../../../protocol/pin.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { HandlersOf } from '../../dispatch.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import { personalisationOf } from './access.ts';
import type { Context } from './context.ts';

type DataCommands = Pick<
  typeof blockchainSimCommands,
  'getApplicationInformation' | 'getKeyDirectory' | 'getIccid' | 'getImsi' | 'getChallenge' | 'storeData'
>;

const VERSION = Uint8Array.of(1, 0);
const CHALLENGE_LENGTH = 32;

/** Handlers of the commands that read data, and of the one that personalises. */
export const dataHandlers: HandlersOf<DataCommands, Context> = {
  getApplicationInformation: (_, { memory, algorithms }) => {
    const { personalisation } = memory.state;
    return {
      version: VERSION,
      lifeCycle: personalisation === undefined ? 'selectable' : 'personalised',
      algorithms,
      keySlots: KEY_SLOTS,
      pinTries: personalisation?.pin.triesLeft ?? PIN_TRIES,
      pukTries: personalisation?.puk.triesLeft ?? PUK_TRIES,
    };
  },

  getKeyDirectory: (_, { memory }) =>
    [...memory.state.keys].map(([reference, { curve }]) => ({ reference, curve })),

  getIccid: (_, { memory }) => personalisationOf(memory.state).iccid,

  getImsi: (_, { memory }) => personalisationOf(memory.state).imsi,

  getChallenge: (_, { random }) => random(CHALLENGE_LENGTH),

  storeData: ({ iccid, imsi, pin, puk }, { memory }) => {
    if (!isPinBlock(pin) || !isPukBlock(puk)) {
      wipe(pin, puk);
      throw new StatusFault(SW.badData);
    }
    memory.replace({
      ...memory.state,
      personalisation: {
        iccid,
        imsi,
        pin: { block: pin, triesLeft: PIN_TRIES },
        puk: { block: puk, triesLeft: PUK_TRIES },
      },
    });
  },
};
