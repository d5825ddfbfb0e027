// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from '@noble/hashes/utils.js';
import {
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  SHORT_LE_MAX,
} from '../../protocol/apdu.ts';
import { equalBytes, wipe } from '../../protocol/bytes.ts';
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import {
  type InitializeUpdateResponse,
  initializeUpdate,
  SCP03_OPTION,
} from '../../protocol/commands/secure-channel/authentication.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import type { Scp03KeySet, Scp03Mode } from '../../protocol/scp03/key-set.ts';
import {
  SECURITY_LEVEL,
  type SecureChannelHost,
  secureChannelHost,
} from '../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
  type SessionKeys,
  wipeSessionKeys,
} from '../../protocol/scp03/session-keys.ts';
import { formatStatusWord, SW } from '../../protocol/status-word.ts';
import { findTlv } from '../../protocol/tlv.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { allCommands } from '../masked.ts';
import { send } from '../send.ts';
import { layer } from './layer.ts';

/** The static keys, or how to find them once the card has named its key version and diversification data. */
export type KeySetChoice = Scp03KeySet | ((response: InitializeUpdateResponse) => Scp03KeySet);

/** How a secure channel is opened. */
export type SecureChannelOptions = {
  /** Sum of {@link SECURITY_LEVEL}; 33, MAC and encryption both ways, unless given. */
  readonly level?: number;
  /** Key version that the card is asked for; that of the key set, or 0 (its first) where the keys are looked up. */
  readonly version?: number;
  /** 8 bytes, 16 for a card in mode S16; random, of the length that the card takes, unless given. For replaying a recorded session, and for nothing else. */
  readonly hostChallenge?: Uint8Array;
};

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
    requireEncryption(open, command);
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
    if (channel === undefined || isCardCommand(apdu, cardCommands.openChannel.ins))
      return inner.transmit(apdu);
    return transmitProtected(channel, apdu);
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

/** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE; the host's end of the channel that is open then. */
async function authenticate(
  inner: Transport,
  keys: KeySetChoice,
  aid: Uint8Array | undefined,
  options: SecureChannelOptions,
): Promise<SecureChannelHost> {
  const { level = 0x33 } = options;
  const asked = options.version ?? (typeof keys === 'function' ? 0 : keys.version);
  const { response, hostChallenge } = await begin(inner, asked, options.hostChallenge);
  const { kvn, options: offered, cardChallenge } = response;
  const mode: Scp03Mode = (offered & SCP03_OPTION.s16) === 0 ? 'S8' : 'S16';
  requireOffered(offered, level, mode, hostChallenge);
  const keySet = typeof keys === 'function' ? keys(response) : keys;
  requirePseudoRandom(keySet, response, aid, mode);
  const session = deriveSessionKeys(keySet, hostChallenge, cardChallenge);
  requireCardCryptogram(session, response, hostChallenge, mode);
  const cryptogram = hostCryptogram(session, hostChallenge, cardChallenge, mode);
  // From here on the session keys are the channel's.
  const channel = secureChannelHost(session, mode, level);
  try {
    const answer = await inner.transmit(channel.authenticate(cryptogram));
    const { sw } = decodeResponseApdu(answer);
    if (sw !== SW.ok) throw refused(kvn, sw);
    return channel;
  } catch (error) {
    channel.wipe();
    throw error;
  }
}

/**
 * INITIALIZE UPDATE, with the challenge that was given or a random one of 8 bytes; to a card in mode S16, which refuses
 * that by its length, with one of 16.
 */
async function begin(
  inner: Transport,
  kvn: number,
  given: Uint8Array | undefined,
): Promise<{ readonly response: InitializeUpdateResponse; readonly hostChallenge: Uint8Array }> {
  const withChallenge = async (hostChallenge: Uint8Array) => ({
    hostChallenge,
    response: await send(inner, initializeUpdate, { kvn, hostChallenge }),
  });
  if (given !== undefined) return withChallenge(given);
  try {
    return await withChallenge(randomBytes(8));
  } catch (error) {
    if (!(error instanceof CardError) || error.details.sw !== formatStatusWord(SW.wrongLength)) throw error;
    return withChallenge(randomBytes(16));
  }
}

/** Refuses a level, or a challenge of a length, that the i parameter does not offer. */
function requireOffered(offered: number, level: number, mode: Scp03Mode, hostChallenge: Uint8Array): void {
  const needed =
    ((level & SECURITY_LEVEL.rMac) !== 0 ? SCP03_OPTION.rMac : 0) |
    ((level & SECURITY_LEVEL.rEncryption) !== 0 ? SCP03_OPTION.rMacAndEncryption : 0);
  const length = mode === 'S8' ? 8 : 16;
  if ((offered & needed) === needed && hostChallenge.length === length) return;
  const parts = [
    `i ${formatByte(offered)}: mode ${mode}, commands with MAC and encryption`,
    (offered & SCP03_OPTION.rMac) !== 0 ? 'answers with MAC' : 'answers bare',
    ...((offered & SCP03_OPTION.rMacAndEncryption) === SCP03_OPTION.rMacAndEncryption
      ? ['and encryption']
      : []),
  ];
  const text = parts.join(', ');
  const asked = `level ${formatByte(level)} with a challenge of ${hostChallenge.length} bytes`;
  throw new CardError(
    'card/secure-channel-unsupported',
    `secure channel not opened: found ${text}, expected ${asked}`,
    { offered: text, asked },
  );
}

/** A card that declares pseudo-random challenges shows with them that it knows ENC, and that the counter moves on. */
function requirePseudoRandom(
  keys: Scp03KeySet,
  { kvn, cardChallenge, sequenceCounter }: InitializeUpdateResponse,
  aid: Uint8Array | undefined,
  mode: Scp03Mode,
): void {
  // Without a SELECT through this layer the AID is not known; the cryptogram covers the challenge all the same.
  if (sequenceCounter === undefined || aid === undefined) return;
  if (!equalBytes(pseudoRandomChallenge(keys, sequenceCounter, aid, mode), cardChallenge))
    throw wrongCard(kvn, 'challenge');
}

function requireCardCryptogram(
  session: SessionKeys,
  { kvn, cardChallenge, cardCryptogram: found }: InitializeUpdateResponse,
  hostChallenge: Uint8Array,
  mode: Scp03Mode,
): void {
  if (equalBytes(cardCryptogram(session, hostChallenge, cardChallenge, mode), found)) return;
  wipeSessionKeys(session);
  throw wrongCard(kvn, 'cryptogram');
}

const wrongCard = (version: number, part: 'challenge' | 'cryptogram'): CardError =>
  new CardError(
    'card/wrong-card-cryptogram',
    `secure channel not opened: found a ${part} that these keys do not make, expected a card with the keys of version ${version}`,
    { version, part },
  );

function refused(version: number, sw: number): CardError {
  const failed = `secure channel not opened: found ${formatStatusWord(sw)} from ${secureChannelCommands.externalAuthenticate.name}`;
  if (sw === SW.blocked)
    return new CardError('card/key-set-locked', `${failed}, expected a key set with tries left`, { version });
  return new CardError(
    'card/secure-channel-refused',
    `${failed}, expected the card to accept the host's keys of version ${version}`,
    { version, sw: formatStatusWord(sw) },
  );
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

/** The card takes secrets of the administrator only in an encrypted channel; they are not sent in any other. */
function requireEncryption({ level }: SecureChannelHost, command: AnyCommand | undefined): void {
  const isEncrypted = (level & SECURITY_LEVEL.cEncryption) !== 0;
  if (isEncrypted || command?.secret !== 'data' || !command.access.startsWith('administrator')) return;
  const reason = `a secure channel of level ${formatByte(level)}, which does not encrypt`;
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

const formatByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
