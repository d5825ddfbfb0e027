// SPDX-License-Identifier: Apache-2.0
import {
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  SHORT_LE_MAX,
} from '../../protocol/apdu.ts';
import { wipe } from '../../protocol/bytes.ts';
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { SECURITY_LEVEL, type SecureChannelHost } from '../../protocol/scp03/secure-messaging.ts';
import { SW } from '../../protocol/status-word.ts';
import { findTlv } from '../../protocol/tlv.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { allCommands } from '../masked.ts';
import { layer } from './layer.ts';
import {
  authenticate,
  formatByte,
  type KeySetChoice,
  type SecureChannelOptions,
} from './secure-channel/handshake.ts';

export type { KeySetChoice, SecureChannelOptions } from './secure-channel/handshake.ts';

/** A transport that can open a secure channel in what goes through it. */
export type SecureTransport = Transport & {
  /**
   * Opens a secure channel; one that was open ends. The keys stay the caller's to wipe. Throws `card/no-such-key-set`,
   * `card/key-set-locked`, `card/wrong-card-cryptogram` (which costs no try), `card/secure-channel-refused` (which
   * does) or `card/secure-channel-unsupported`.
   */
  openSecureChannel(keys: KeySetChoice, options?: SecureChannelOptions): Promise<void>;
  /** Goes on without protection. Nothing is sent: the card ends the channel with the next SELECT or reset. */
  closeSecureChannel(): void;
  /** The level of the channel that is open, or undefined. */
  securityLevel(): number | undefined;
};

/**
 * GlobalPlatform SCP03 as a layer. While a secure channel is open, each command is wrapped and each answer unwrapped;
 * the channel ends with a SELECT, with `closeSecureChannel`, when the transport fails, and with `card/secure-channel-lost`
 * when the card refuses a message or an answer does not verify. It belongs above GET RESPONSE and the right length, which
 * the MACs do not know, and below the terminal.
 *
 * Source: GlobalPlatform Amendment D v1.2 §5 and §6.
 */
export function withSecureChannel(inner: Transport): SecureTransport {
  let channel: SecureChannelHost | undefined;
  /** AID of the application selected through this layer: the card's challenge is made with it. */
  let aid: Uint8Array | undefined;

  const closeSecureChannel = (): void => {
    channel?.wipe();
    channel = undefined;
  };

  const select = async (apdu: Uint8Array): Promise<Uint8Array> => {
    closeSecureChannel();
    const answer = await inner.transmit(apdu);
    const { data, sw } = decodeResponseApdu(answer);
    if (sw === SW.ok) aid = selectedAid(data);
    return answer;
  };

  const transmitProtected = async (open: SecureChannelHost, apdu: Uint8Array): Promise<Uint8Array> => {
    const command = findCommand(allCommands, apdu);
    requireEncryption(open.level, command);
    const asking = withLe(open, apdu);
    const wrapped = open.wrap(asking);
    try {
      const answer = await inner.transmit(wrapped);
      const { sw } = decodeResponseApdu(answer);
      if (sw === SW.notAuthorised && !mayLackHolder(command))
        throw lost(command, 'the card refuses the message (6982)');
      return open.unwrap(answer);
    } catch (error) {
      closeSecureChannel();
      if (!(error instanceof ToolkitError) || error.code !== 'protocol/bad-secure-message') throw error;
      throw lost(command, error.message, error);
    } finally {
      // At a level without encryption it holds the data as it is; what the caller gave stays the caller's.
      wipe(wrapped);
      if (asking !== apdu) wipe(asking);
    }
  };

  const transport = layer(inner, async (apdu) => {
    if (isCardCommand(apdu, cardCommands.select.ins)) return select(apdu);
    if (channel !== undefined && !isCardCommand(apdu, cardCommands.openChannel.ins))
      return transmitProtected(channel, apdu);
    requireEncryption(undefined, findCommand(allCommands, apdu));
    return inner.transmit(apdu);
  });

  return {
    name: transport.name,
    ...(transport.atr === undefined ? {} : { atr: transport.atr }),
    get longestData() {
      return channel?.dataMax ?? inner.longestData;
    },
    transmit: transport.transmit,
    close: async () => {
      closeSecureChannel();
      await inner.close();
    },
    closeSecureChannel,
    securityLevel: () => channel?.level,
    openSecureChannel: async (keys, options = {}) => {
      closeSecureChannel();
      channel = await authenticate(inner, keys, aid, options);
    },
  };
}

const lost = (command: AnyCommand | undefined, reason: string, cause?: unknown): CardError => {
  const name = command?.name ?? 'a command';
  return new CardError(
    'card/secure-channel-lost',
    `secure channel ended at ${name}: found ${reason}, expected a protected answer`,
    { command: name, reason },
    { cause },
  );
};

/** With R-MAC every answer has data, so every command asks for some; the MAC of the command does not cover Le. */
function withLe({ level }: SecureChannelHost, apdu: Uint8Array): Uint8Array {
  if ((level & SECURITY_LEVEL.rMac) === 0) return apdu;
  const command = decodeCommandApdu(apdu);
  const asking = command.le === undefined ? encodeCommandApdu({ ...command, le: SHORT_LE_MAX }) : apdu;
  wipe(command.data);
  return asking;
}

/**
 * The card takes secrets of the administrator only in an encrypted channel. They are not sent in any other, nor in none:
 * the channel may have been lost since it was opened, and the card's refusal would come too late.
 */
function requireEncryption(level: number | undefined, command: AnyCommand | undefined): void {
  const isEncrypted = ((level ?? 0) & SECURITY_LEVEL.cEncryption) !== 0;
  if (isEncrypted || command?.secret !== 'data' || !command.access.startsWith('administrator')) return;
  const reason =
    level === undefined
      ? 'no secure channel open'
      : `a secure channel of level ${formatByte(level)}, which does not encrypt`;
  throw new CardError(
    'card/administrator-required',
    `${command.name} not sent: found ${reason}, expected level 03, 13 or 33`,
    { command: command.name, reason },
  );
}

/** Whether 6982 may say that the PIN is missing, which leaves the channel open. */
const mayLackHolder = (command: AnyCommand | undefined): boolean =>
  command !== undefined && command.access !== 'administrator' && command.statusWords['6982'] !== undefined;

/** Whether it is an interindustry command of the card itself; these are never protected. */
const isCardCommand = (apdu: Uint8Array, ins: number): boolean =>
  ((apdu[0] ?? 0) & 0x80) === 0 && apdu[1] === ins;

/** The AID in the file control information, or undefined. */
function selectedAid(data: Uint8Array): Uint8Array | undefined {
  try {
    const fci = findTlv(data, 0x6f);
    return fci === undefined ? undefined : findTlv(fci, 0x84)?.slice();
  } catch {
    // Other applications answer other things to SELECT; the layer has no say in that.
    return undefined;
  }
}
