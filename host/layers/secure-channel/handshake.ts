// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from '@noble/hashes/utils.js';
import { decodeResponseApdu } from '../../../protocol/apdu.ts';
import { equalBytes } from '../../../protocol/bytes.ts';
import {
  type InitializeUpdateResponse,
  initializeUpdate,
  SCP03_OPTION,
} from '../../../protocol/commands/secure-channel/authentication.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import type { Scp03KeySet, Scp03Mode } from '../../../protocol/scp03/key-set.ts';
import {
  SECURITY_LEVEL,
  type SecureChannelHost,
  secureChannelHost,
} from '../../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
  type SessionKeys,
  wipeSessionKeys,
} from '../../../protocol/scp03/session-keys.ts';
import { formatStatusWord, SW } from '../../../protocol/status-word.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { CardError } from '../../errors.ts';
import { send } from '../../send.ts';

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

/**
 * INITIALIZE UPDATE and EXTERNAL AUTHENTICATE; gives the host's end of the channel that is open then. `aid` is that of
 * the application selected, where it is known. Source: GlobalPlatform Amendment D v1.2 §6.2.2 and §7.1.
 */
export async function authenticate(
  inner: Transport,
  keys: KeySetChoice,
  aid: Uint8Array | undefined,
  options: SecureChannelOptions,
): Promise<SecureChannelHost> {
  const { level = 0x33 } = options;
  const asked = options.version ?? (typeof keys === 'function' ? 0 : keys.version);
  const { response, hostChallenge } = await begin(inner, asked, options.hostChallenge);
  const { kvn, options: offered, cardChallenge } = response;
  if (asked !== 0 && kvn !== asked) throw otherVersion(asked, kvn);
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
    `secure channel not opened: found a ${part} that these keys do not make, expected a card with the keys of version ${formatByte(version)}`,
    { version, part },
  );

/** Nothing protects the version that a card names; what is asked for, it has to be. */
const otherVersion = (version: number, found: number): CardError =>
  new CardError(
    'card/no-such-key-set',
    `secure channel not opened: found a key set of version ${formatByte(found)}, expected the version ${formatByte(version)} that was asked for`,
    { version },
  );

function refused(version: number, sw: number): CardError {
  const failed = `secure channel not opened: found ${formatStatusWord(sw)} from ${secureChannelCommands.externalAuthenticate.name}`;
  if (sw === SW.blocked)
    return new CardError('card/key-set-locked', `${failed}, expected a key set with tries left`, { version });
  return new CardError(
    'card/secure-channel-refused',
    `${failed}, expected the card to accept the host's keys of version ${formatByte(version)}`,
    { version, sw: formatStatusWord(sw) },
  );
}

/** A byte as two upper-case digits. */
export const formatByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
