// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from '@noble/hashes/utils.js';
import { CLA_CHAINING, type CommandApdu, decodeCommandApdu, encodeResponseApdu } from '../protocol/apdu.ts';
import { wipe } from '../protocol/bytes.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { type Curve, curveNames } from '../protocol/crypto/curve.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { fitsLength } from '../protocol/layout.ts';
import { SW } from '../protocol/status-word.ts';
import { blockchainSim } from './applets/blockchain-sim/application.ts';
import { type BlockchainSimState, blockchainSimState } from './applets/blockchain-sim/state.ts';
import { atrs } from './atr.ts';
import type { Route } from './dispatch.ts';
import { EmulatorError } from './errors.ts';
import { type CardMemory, volatileMemory } from './runtime/card-memory.ts';
import { commandChain } from './runtime/command-chain.ts';
import type { Random } from './runtime/crypto.ts';
import { type NonVolatile, openNonVolatile } from './runtime/non-volatile.ts';
import { type Profile, responseQueue } from './runtime/response-queue.ts';
import { StatusFault } from './runtime/status-fault.ts';
import { openSelection } from './selection.ts';

/** A smart card: bytes in, bytes out. It is powered and reset when it is made. */
export type Card = {
  /** Answer to reset; the same after every reset. */
  readonly atr: Uint8Array;
  /**
   * R-APDU of a C-APDU, at least 2 bytes; whatever the bytes, it answers with a status word. The buffer stays the
   * caller's. Throws `emulator/card-closed` after {@link Card.close}, and nothing else.
   */
  process(apdu: Uint8Array): Uint8Array;
  /** Warm reset: transient memory is gone and no application is selected. */
  reset(): void;
  /** Loss of power: as {@link Card.reset}; the next command finds the card powered again. */
  powerOff(): void;
  /** Ends the card and lets its memory go; a second call does nothing. */
  close(): void;
};

/** How a card is made. */
export type CardOptions = {
  /** Default: {@link volatileMemory}. The card owns it from then on and closes it. */
  readonly memory?: CardMemory;
  /** Transmission protocol that the ATR names and whose response procedures the card follows; default t1. */
  readonly profile?: Profile;
  /** Curves on which the card makes keys, and which it declares; default all. Keys it has keep working. */
  readonly algorithms?: readonly Curve[];
  /** For tests only: replaces the platform's secure random source. A card with keys from another is worthless. */
  readonly random?: Random;
  /** Told what lies behind a status word 6581 or 6F00, which itself says no more; default: nobody. */
  readonly onFault?: (cause: unknown) => void;
};

/** A card over its memory, blank where that is. Throws `emulator/card-image-not-read` and what the memory throws. */
export function createCard(options: CardOptions = {}): Card {
  const {
    memory = volatileMemory(),
    profile = 't1',
    algorithms = curveNames,
    random = randomBytes,
  } = options;
  const state = openState(memory);
  const selection = openSelection([blockchainSim({ memory: state, algorithms, random })]);
  const chain = commandChain();
  const responses = responseQueue(profile);
  let closed = false;

  const endSession = (): void => {
    selection.clear();
    chain.drop();
    responses.drop();
    state.rollback();
  };

  const execute = (apdu: Uint8Array): Uint8Array => {
    if (apdu.length < 4) throw new StatusFault(SW.wrongLength);
    const route = selection.table.find(apdu);
    const isPart = ((apdu[0] ?? 0) & CLA_CHAINING) !== 0;
    checkChaining(route, isPart);
    const command = decodeLengths(apdu);
    try {
      return carryOut(route, command, isPart);
    } finally {
      if (route.command.secret === 'data') wipe(command.data);
    }
  };

  const checkChaining = ({ command }: Route, isPart: boolean): void => {
    if (isPart && command.chaining === undefined) throw new StatusFault(SW.chainingUnsupported);
    if (chain.command === undefined || chain.command === command) return;
    if (command.ins !== cardCommands.select.ins) throw new StatusFault(SW.lastCommandExpected);
    chain.drop();
  };

  const carryOut = (route: Route, apdu: CommandApdu, isPart: boolean): Uint8Array => {
    const { command } = route;
    const length = chain.length + apdu.data.length;
    if (isPart ? length > command.data.max : !fitsLength(command.data, length))
      throw new StatusFault(SW.wrongLength);
    if (command === cardCommands.getResponse) return responses.next(apdu.le);
    const repeated = responses.repeat(apdu);
    if (repeated !== undefined) return repeated;
    responses.drop();
    route.admit();
    if (isPart) {
      chain.add(command, apdu.data);
      return encodeResponseApdu({ data: new Uint8Array(0), sw: SW.ok });
    }
    const response = route.run(chain.end(apdu.data));
    state.commit();
    return responses.give(apdu, response);
  };

  const fail = (fault: unknown): Uint8Array => {
    chain.drop();
    responses.drop();
    state.rollback();
    selection.commandFailed();
    const sw = fault instanceof StatusFault ? fault.sw : SW.noPreciseDiagnosis;
    if (sw === SW.noPreciseDiagnosis) options.onFault?.(fault);
    if (sw === SW.memoryFailure && fault instanceof StatusFault) options.onFault?.(fault.cause);
    return encodeResponseApdu({ data: new Uint8Array(0), sw });
  };

  return {
    atr: atrs[profile].slice(),
    process: (apdu) => {
      if (closed) throw new EmulatorError('emulator/card-closed', 'command not sent: the card is closed', {});
      try {
        return execute(apdu);
      } catch (fault) {
        return fail(fault);
      }
    },
    reset: endSession,
    powerOff: endSession,
    close: () => {
      if (closed) return;
      closed = true;
      endSession();
      memory.close();
    },
  };
}

/** The card's state; the memory of a card that cannot be made is let go. */
function openState(memory: CardMemory): NonVolatile<BlockchainSimState> {
  try {
    return openNonVolatile(memory, blockchainSimState);
  } catch (error) {
    memory.close();
    throw error;
  }
}

/** The command with its lengths read. Throws {@link StatusFault} 6700 when they do not fit. */
function decodeLengths(apdu: Uint8Array): CommandApdu {
  try {
    return decodeCommandApdu(apdu);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw new StatusFault(SW.wrongLength, { cause });
    throw cause;
  }
}
