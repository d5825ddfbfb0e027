// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { isPinBlock, isPukBlock, PIN_TRIES, PUK_TRIES } from '../../../../protocol/pin.ts';
import { allowsPin, noPinRules, PIN_RULE } from '../../../../protocol/pin-rules.ts';
import type { LogEvent } from '../../../../protocol/security-log.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { generateKeyPair } from '../../../runtime/crypto.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { pinsOf } from '../access.ts';
import { type Context, log, update } from '../context.ts';
import { type BlockchainSimState, blankState } from '../state.ts';
import { wipeKey } from '../stored-key.ts';

type AdministrationCommands = Pick<
  typeof blockchainSimCommands,
  | 'storeData'
  | 'generateAttestationKey'
  | 'readAttestationKey'
  | 'putCertificates'
  | 'block'
  | 'activate'
  | 'terminate'
  | 'factoryReset'
>;

const ALL_PIN_RULES = PIN_RULE.noRepetition | PIN_RULE.noSequence;

/** Handlers of what the administrator does. */
export const administrationHandlers: HandlersOf<AdministrationCommands, Context> = {
  storeData: ({ iccid, imsi, pin, puk, pinRules = noPinRules, forbiddenPins = [] }, context) => {
    const { flags, minimumLength } = pinRules;
    const isGood =
      (flags & ~ALL_PIN_RULES) === 0 &&
      minimumLength >= 4 &&
      minimumLength <= 8 &&
      forbiddenPins.every(isPinBlock) &&
      isPinBlock(pin) &&
      isPukBlock(puk) &&
      allowsPin(pinRules, forbiddenPins, pin);
    if (!isGood) {
      wipe(pin, puk, ...forbiddenPins);
      throw new StatusFault(SW.badData);
    }
    update(context, {
      lifeCycle: 'personalised',
      personalisation: { iccid, imsi, pinRules, forbiddenPins },
      pins: { pin: { block: pin, triesLeft: PIN_TRIES }, puk: { block: puk, triesLeft: PUK_TRIES } },
    });
    handOver('personalised', context);
  },

  generateAttestationKey: (_, context) => {
    const { memory, random } = context;
    if (memory.state.attestationKey !== undefined) throw new StatusFault(SW.alreadyExists);
    const attestationKey = generateKeyPair('P-256', random);
    update(context, { attestationKey });
    log(context, 'key-generated');
    return { point: attestationKey.point };
  },

  readAttestationKey: (_, { memory }) => {
    const { attestationKey } = memory.state;
    if (attestationKey === undefined) throw new StatusFault(SW.notFound);
    return { point: attestationKey.point };
  },

  putCertificates: (certificates, context) => {
    update(context, { certificates });
    log(context, 'certificates-stored');
  },

  block: (_, context) => {
    update(context, { lifeCycle: 'blocked' });
    handOver('blocked', context);
  },

  activate: (_, context) => {
    if (pinsOf(context).puk.triesLeft === 0) throw new StatusFault(SW.wrongState);
    update(context, { lifeCycle: 'personalised' });
    handOver('activated', context);
  },

  terminate: (_, context) => erase('terminated', 'terminated', context),

  factoryReset: (_, context) => erase('selectable', 'factory-reset', context),
};

/** Logs and commits what changes the card's hands: no PIN that was verified counts after it, on any channel. */
function handOver(event: LogEvent, context: Context): void {
  log(context, event);
  context.memory.commit();
  context.era.now++;
  context.workspace.end();
}

/** Erases all that belongs to a holder; the log goes on. */
function erase(lifeCycle: 'selectable' | 'terminated', event: LogEvent, context: Context): void {
  const old = context.memory.state;
  context.memory.replace({ ...blankState('selectable'), lifeCycle, log: old.log });
  handOver(event, context);
  wipeSecrets(old);
}

function wipeSecrets({ keys, pins, attestationKey, personalisation }: BlockchainSimState): void {
  for (const key of keys.values()) wipeKey(key);
  if (pins !== undefined) wipe(pins.pin.block, pins.puk.block, ...(pins.duress ? [pins.duress] : []));
  if (attestationKey !== undefined) wipe(attestationKey.secret);
  wipe(...(personalisation?.forbiddenPins ?? []));
}
