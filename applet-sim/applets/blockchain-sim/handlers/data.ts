// SPDX-License-Identifier: Apache-2.0

import { APPLICATION_VERSION } from '../../../../protocol/commands/blockchain-sim/get-data.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { KEY_SLOTS } from '../../../../protocol/commands/blockchain-sim/key-reference.ts';
import { PIN_TRIES, PUK_TRIES } from '../../../../protocol/pin.ts';
import { noPinRules } from '../../../../protocol/pin-rules.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { personalisationOf } from '../access.ts';
import type { Context } from '../context.ts';
import { logBytes } from '../event-log.ts';
import { counterOf } from '../key-use.ts';

type DataCommands = Pick<
  typeof blockchainSimCommands,
  | 'getApplicationInformation'
  | 'getKeyDirectory'
  | 'getIccid'
  | 'getImsi'
  | 'getLog'
  | 'getCertificates'
  | 'getChallenge'
>;

const CHALLENGE_LENGTH = 32;

/** Handlers of the commands that read data. */
export const dataHandlers: HandlersOf<DataCommands, Context> = {
  getApplicationInformation: (_, { memory, algorithms, hashes, confirmation }) => {
    const { lifeCycle, pins, personalisation } = memory.state;
    return {
      version: APPLICATION_VERSION,
      lifeCycle,
      algorithms,
      keySlots: KEY_SLOTS,
      pinTries: pins?.pin.triesLeft ?? PIN_TRIES,
      pukTries: pins?.puk.triesLeft ?? PUK_TRIES,
      hashes,
      confirmation,
      pinRules: personalisation?.pinRules ?? noPinRules,
    };
  },

  getKeyDirectory: (_, context) =>
    [...context.memory.state.keys].map(([reference, { curve, role, usage, policy, origin }]) => ({
      reference,
      curve,
      role,
      usage,
      policy,
      origin,
      ...counterOf(reference, context),
    })),

  getIccid: (_, context) => personalisationOf(context).iccid,

  getImsi: (_, context) => personalisationOf(context).imsi,

  getLog: (_, { memory }) => logBytes(memory.state.log),

  getCertificates: (_, { memory }) => memory.state.certificates,

  getChallenge: (_, { random }) => random(CHALLENGE_LENGTH),
};
