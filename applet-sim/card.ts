// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from '@noble/hashes/utils.js';
import type { Confirmation } from '../protocol/commands/blockchain-sim/get-data.ts';
import { type CardCurve, cardCurveNames } from '../protocol/crypto/card-curve.ts';
import { type CardHash, cardHashNames } from '../protocol/crypto/card-hash.ts';
import type { Scp03KeySet } from '../protocol/scp03/key-set.ts';
import { blockchainSim } from './applets/blockchain-sim/application.ts';
import { cardManager } from './applets/card-manager/application.ts';
import { application, type CardServices } from './application.ts';
import { atrs } from './atr.ts';
import { cardOs } from './card-os.ts';
import { cardState } from './card-state.ts';
import { EmulatorError } from './errors.ts';
import { type CardMemory, volatileMemory } from './runtime/card-memory.ts';
import type { Random } from './runtime/crypto.ts';
import { idle } from './runtime/execution.ts';
import { openNonVolatile, partOf } from './runtime/non-volatile.ts';
import type { Profile } from './runtime/waiting-response.ts';
import { workspace } from './runtime/workspace.ts';
import { testKeySet } from './security-domain/key-store.ts';
import { type Scp03Profile, securityDomain } from './security-domain/secure-channel.ts';

/** A smart card: bytes in, bytes out. It is powered and reset when it is made. */
export type Card = {
  /** Answer to reset; the same after every reset. */
  readonly atr: Uint8Array;
  /**
   * R-APDU of a C-APDU, at least 2 bytes; whatever the bytes, it answers with a status word. The buffer stays the
   * caller's. Throws `emulator/card-closed` after {@link Card.close}, and nothing else.
   */
  process(apdu: Uint8Array): Uint8Array;
  /** Warm reset: transient memory is gone, one logical channel is open, no application is selected. */
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
  readonly algorithms?: readonly CardCurve[];
  /** Hashes that the card computes, and which it declares; default all. */
  readonly hashes?: readonly CardHash[];
  /** How a transaction is confirmed for keys whose policy asks for it; default `pin`. */
  readonly confirmation?: Confirmation;
  /** How it does SCP03; default S8 and pseudo-random challenges. */
  readonly scp03?: Partial<Scp03Profile>;
  /** Of a blank card: its key sets, 1 to 3, copied; default GlobalPlatform's public test keys as version 30. */
  readonly keySets?: readonly Scp03KeySet[];
  /** Of a blank card: whether it can be selected already; default `selectable`. */
  readonly lifeCycle?: 'installed' | 'selectable';
  /** For tests only: replaces the platform's secure random source. A card with keys from another is worthless. */
  readonly random?: Random;
  /** Told what lies behind a status word 6581 or 6F00, which itself says no more; default: nobody. */
  readonly onFault?: (cause: unknown) => void;
};

/** A card over its memory, blank where that is. Throws `emulator/card-image-not-read` and what the memory throws. */
export function createCard(options: CardOptions = {}): Card {
  const { memory = volatileMemory(), profile = 't1', random = randomBytes, scp03 = {} } = options;
  const state = openState(memory, options);
  const execution = idle();
  const domain = securityDomain({
    memory: partOf(state, 'domain'),
    profile: { mode: 'S8', challenge: 'pseudo-random', ...scp03 },
    random,
  });
  const custody = blockchainSim({
    memory: partOf(state, 'application'),
    domain,
    execution,
    workspace: workspace(),
    random,
    algorithms: options.algorithms ?? cardCurveNames,
    hashes: options.hashes ?? cardHashNames,
    confirmation: options.confirmation ?? 'pin',
  });
  const manager = cardManager({ state, domain, execution });
  const onFault = options.onFault ?? (() => {});
  const services: CardServices = { memory: state, execution, domain, profile, onFault };
  const os = cardOs(
    [custody, manager].map((applet) => application(applet, services)),
    services,
  );
  let closed = false;

  const endSession = (): void => {
    os.reset();
    state.rollback();
  };

  return {
    atr: atrs[profile].slice(),
    process: (apdu) => {
      if (closed) throw new EmulatorError('emulator/card-closed', 'command not sent: the card is closed', {});
      return os.process(apdu);
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
function openState(
  memory: CardMemory,
  { lifeCycle = 'selectable', keySets = [testKeySet()] }: CardOptions,
): ReturnType<typeof openNonVolatile<ReturnType<typeof cardState>['blank']>> {
  try {
    return openNonVolatile(memory, cardState(lifeCycle, keySets));
  } catch (error) {
    memory.close();
    throw error;
  }
}
