// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';
import { withGetResponse } from '../layers/get-response.ts';
import { type Terminal, withTerminal } from '../layers/proactive.ts';
import { withRightLength } from '../layers/right-length.ts';
import { withSecureChannel } from '../layers/secure-channel.ts';
import { type AdministrationMethods, administrationMethods } from './blockchain-sim/administration.ts';
import { type InformationMethods, informationMethods } from './blockchain-sim/information.ts';
import { type KeyMethods, keyMethods } from './blockchain-sim/keys.ts';
import { type PinMethods, pinMethods } from './blockchain-sim/pins.ts';
import { openSession } from './blockchain-sim/session.ts';
import { type SigningMethods, signingMethods } from './blockchain-sim/signing.ts';

export type { Personalisation } from './blockchain-sim/administration.ts';
export type { KeyEntry } from './blockchain-sim/information.ts';
export type { ExtendedKey, NewKeyOptions, ReadKeyOptions } from './blockchain-sim/keys.ts';
export type { PinStatus } from './blockchain-sim/pins.ts';
export type { ApplicationInformation, Path } from './blockchain-sim/session.ts';
export type { MessageOptions, SigningOptions, TransactionOptions } from './blockchain-sim/signing.ts';

/**
 * The key-custody application of a card: one method for each command of the catalogue.
 *
 * Calls run one after the other, however many are made at once. PINs and PUKs are ASCII digits; the padded copies
 * made of them are wiped, the digits themselves stay the caller's. After any error the methods can be called again;
 * after `card/reset`, `card/removed` and `card/transport-failed` call {@link BlockchainSim.select} first, then `verify` or
 * `openSecureChannel` where they are needed: until then no PIN and no other secret is sent, and they throw that error.
 */
export type BlockchainSim = InformationMethods &
  PinMethods &
  KeyMethods &
  SigningMethods &
  AdministrationMethods & {
    /** Name of the transport that it was opened on. */
    readonly name: string;
    /**
     * Selects the application again, which ends the access that VERIFY opened, and the secure channel. Throws
     * `card/application-not-found`.
     */
    select(): Promise<void>;
    /** Closes the transport. */
    close(): Promise<void>;
  };

/** What the client works with. */
export type BlockchainSimOptions = {
  /** Shows texts of the card to its holder; needed where the card has transactions confirmed that way. */
  readonly terminal?: Terminal;
};

/**
 * Selects the key-custody application of the card behind the transport, which may be bare: responses in parts, wrong
 * lengths, secure channel and terminal are taken care of here. Throws `card/application-not-found` and what the
 * transport throws; the transport stays open then.
 */
export async function openBlockchainSim(
  transport: Transport,
  options: BlockchainSimOptions = {},
): Promise<BlockchainSim> {
  const secure = withSecureChannel(withGetResponse(withRightLength(transport)));
  const terminal = options.terminal === undefined ? undefined : withTerminal(secure, options.terminal);
  const session = openSession({
    top: terminal ?? secure,
    secure,
    ...(terminal === undefined ? {} : { terminal }),
  });
  await session.select();
  return {
    name: transport.name,
    close: () => session.top.close(),
    select: () => session.exclusively(() => session.select()),
    ...informationMethods(session),
    ...pinMethods(session),
    ...keyMethods(session),
    ...signingMethods(session),
    ...administrationMethods(session),
  };
}
