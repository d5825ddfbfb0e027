// SPDX-License-Identifier: Apache-2.0
import type { CommandApdu } from '../../protocol/apdu.ts';
import { CLA_SECURE_MESSAGING } from '../../protocol/command.ts';
import {
  type InitializeUpdateResponse,
  SCP03_OPTION,
} from '../../protocol/commands/secure-channel/authentication.ts';
import { macLength, type Scp03Mode } from '../../protocol/scp03/key-set.ts';
import { type SecureChannelCard, secureChannelCard } from '../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
} from '../../protocol/scp03/session-keys.ts';
import { SW } from '../../protocol/status-word.ts';
import type { Random } from '../runtime/crypto.ts';
import type { NonVolatile } from '../runtime/non-volatile.ts';
import { StatusFault } from '../runtime/status-fault.ts';
import {
  KEY_SET_TRIES,
  SEQUENCE_COUNTER_MAX,
  type SecurityDomainState,
  type StoredKeySet,
} from './key-store.ts';

/** How a card does SCP03; what its i parameter says. */
export type Scp03Profile = {
  /** Length of challenges, cryptograms and MACs. */
  readonly mode: Scp03Mode;
  /** Whether card challenges are computed from a counter, so that a host can prepare a session, or drawn. */
  readonly challenge: 'pseudo-random' | 'random';
};

/** What the security domain needs. */
export type SecurityDomainResources = {
  readonly memory: NonVolatile<SecurityDomainState>;
  readonly profile: Scp03Profile;
  readonly random: Random;
};

/** Who begins a secure channel: on which logical channel, through which application. */
export type Initiator = {
  readonly channel: number;
  readonly aid: Uint8Array;
  /** Key diversification data, 10 bytes. */
  readonly diversification: Uint8Array;
};

/**
 * The issuer security domain's side of SCP03, for all applications of the card. A card has one secure channel: what
 * INITIALIZE UPDATE begins on one logical channel ends what was open on another. Source: GlobalPlatform Amendment D v1.2.
 */
export type SecurityDomain = {
  readonly memory: NonVolatile<SecurityDomainState>;
  /** Security level on that logical channel; 0 where no secure channel is open. */
  levelOn(channel: number): number;
  /** Static DEK of the key set that opened the secure channel, a copy; undefined while none is open. */
  dek(): Uint8Array | undefined;
  /** Throws {@link StatusFault} 6700, 6A88 or 6983. */
  initializeUpdate(from: Initiator, kvn: number, hostChallenge: Uint8Array): InitializeUpdateResponse;
  /**
   * Opens the secure channel. `accepted` learns the version of the key set before that is committed, for what is to be
   * written with it. Throws {@link StatusFault} 6985, 6300 or 6581; then nothing is open.
   */
  externalAuthenticate(
    channel: number,
    level: number,
    cryptogramAndMac: Uint8Array,
    accepted?: (kvn: number) => void,
  ): void;
  /** Forgets what INITIALIZE UPDATE began, for a command that is not EXTERNAL AUTHENTICATE came. */
  interrupted(): void;
  /** The plain command of one with secure messaging. Throws {@link StatusFault} 6982; then nothing is open there. */
  unwrap(channel: number, command: CommandApdu): CommandApdu;
  /** The data field of the answer to the command that was unwrapped last. */
  wrap(data: Uint8Array, sw: number): Uint8Array;
  /** Ends the secure channel of that logical channel. */
  endOn(channel: number): void;
};

/** A secure channel between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. */
type Pending = {
  readonly channel: number;
  readonly set: StoredKeySet;
  readonly hostCryptogram: Uint8Array;
  readonly secure: SecureChannelCard;
};

/** The security domain with nothing open. */
export function securityDomain({ memory, profile, random }: SecurityDomainResources): SecurityDomain {
  const { mode, challenge } = profile;
  const length = macLength(mode);
  let pending: Pending | undefined;
  let open:
    | { readonly channel: number; readonly dek: Uint8Array; readonly secure: SecureChannelCard }
    | undefined;

  const end = (): void => {
    open?.secure.wipe();
    open?.dek.fill(0);
    open = undefined;
  };
  const forget = (): void => {
    pending?.secure.wipe();
    pending = undefined;
  };
  const store = (set: StoredKeySet): void => {
    const { keySets } = memory.state;
    memory.replace({ keySets: keySets.map((each) => (each.version === set.version ? set : each)) });
    memory.commit();
  };

  return {
    memory,
    levelOn: (channel) => (open?.channel === channel ? open.secure.level : 0),
    dek: () => open?.dek.slice(),
    initializeUpdate: ({ channel, aid, diversification }, kvn, hostChallenge) => {
      forget();
      end();
      if (hostChallenge.length !== length) throw new StatusFault(SW.wrongLength);
      const set = memory.state.keySets.find(({ version }) => kvn === 0 || version === kvn);
      if (set === undefined) throw new StatusFault(SW.notFound);
      if (set.triesLeft === 0 || set.sequenceCounter === SEQUENCE_COUNTER_MAX)
        throw new StatusFault(SW.blocked);
      const counted = challenge === 'pseudo-random';
      const cardChallenge = counted
        ? pseudoRandomChallenge(set, set.sequenceCounter, aid, mode)
        : random(length);
      const session = deriveSessionKeys(set, hostChallenge, cardChallenge);
      const cryptogram = cardCryptogram(session, hostChallenge, cardChallenge, mode);
      pending = {
        channel,
        set,
        hostCryptogram: hostCryptogram(session, hostChallenge, cardChallenge, mode),
        secure: secureChannelCard(session, mode),
      };
      return {
        diversification,
        kvn: set.version,
        options:
          SCP03_OPTION.rMacAndEncryption |
          (counted ? SCP03_OPTION.pseudoRandom : 0) |
          (mode === 'S16' ? SCP03_OPTION.s16 : 0),
        cardChallenge,
        cardCryptogram: cryptogram,
        ...(counted ? { sequenceCounter: set.sequenceCounter } : {}),
      };
    },
    externalAuthenticate: (channel, level, data, accepted) => {
      const begun = pending;
      pending = undefined;
      if (begun?.channel !== channel) throw new StatusFault(SW.wrongState);
      // Counted before it is compared, as with a PIN.
      const tried = { ...begun.set, triesLeft: begun.set.triesLeft - 1 };
      store(tried);
      const command = { cla: 0x80 | CLA_SECURE_MESSAGING | channel, ins: 0x82, p1: level, p2: 0, data };
      if (!begun.secure.acceptAuthentication(command, begun.hostCryptogram))
        throw new StatusFault(SW.authenticationFailed);
      accepted?.(tried.version);
      store({ ...tried, triesLeft: KEY_SET_TRIES, sequenceCounter: tried.sequenceCounter + 1 });
      open = { channel, dek: tried.dek.slice(), secure: begun.secure };
    },
    interrupted: forget,
    unwrap: (channel, command) => {
      if (open?.channel !== channel) throw new StatusFault(SW.notAuthorised);
      const plain = open.secure.unwrap(command);
      if (plain !== undefined) return plain;
      end();
      throw new StatusFault(SW.notAuthorised);
    },
    wrap: (data, sw) => open?.secure.wrap(data, sw) ?? data,
    endOn: (channel) => {
      if (pending?.channel === channel) forget();
      if (open?.channel === channel) end();
    },
  };
}
