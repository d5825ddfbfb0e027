// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes, wipe } from '../../protocol/bytes.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { cardManagerCommands as commands } from '../../protocol/commands/card-manager/index.ts';
import { type Aid, aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../protocol/identifiers/aid.ts';
import { bytes } from '../../protocol/layout.ts';
import type { Scp03KeySet } from '../../protocol/scp03/key-set.ts';
import { encodePutKey, putKeyResponse } from '../../protocol/scp03/put-key.ts';
import { findTlv, parseTlv } from '../../protocol/tlv.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { inTurn } from '../in-turn.ts';
import { withGetResponse } from '../layers/get-response.ts';
import { withRightLength } from '../layers/right-length.ts';
import { type KeySetChoice, type SecureChannelOptions, withSecureChannel } from '../layers/secure-channel.ts';
import { send } from '../send.ts';
import { administratorRequired } from './blockchain-sim/session.ts';

/** One key of the secure channel, as the card lists it. */
export type KeyInformation = {
  /** 1 ENC, 2 MAC, 3 DEK. */
  readonly identifier: number;
  /** Key version number, which the three of a set have in common. */
  readonly version: number;
  /** 88 for AES. Source: GlobalPlatform Card Specification 2.3.1 §11.1.8. */
  readonly type: number;
  /** Bytes. */
  readonly length: number;
};

/** Where a key set goes. */
export type PutKeyPlace = {
  /** Version of the set that it replaces; beside those that are there, unless given. */
  readonly replacing?: number;
};

/**
 * The issuer security domain of a card, which holds the keys of the secure channel. Calls run one after the other.
 * Opening it on a channel ends the session of any other client there: that one selects again.
 */
export type CardManager = {
  /** Name of the transport that it was opened on. */
  readonly name: string;
  /** Selects it again, which ends the secure channel. Throws `card/application-not-found`. */
  select(): Promise<void>;
  /** Opens a secure channel; a copy of the DEK is kept until it ends. Throws as `SecureTransport.openSecureChannel`. */
  openSecureChannel(keys: KeySetChoice, options?: SecureChannelOptions): Promise<void>;
  /** Goes on without the secure channel. */
  closeSecureChannel(): Promise<void>;
  keyInformation(): Promise<readonly KeyInformation[]>;
  /**
   * Puts a key set, encrypted under the DEK of the secure channel, and checks the card's check values. The set stays the
   * caller's to wipe. Throws `card/administrator-required`, `card/no-such-key-set`, `card/key-set-exists`,
   * `card/no-room`, or `card/malformed-response` when the card took other keys.
   */
  putKey(keys: Scp03KeySet, place?: PutKeyPlace): Promise<void>;
  /** Lets an installed application be selected; the key-custody application unless another is named. */
  makeSelectable(aid?: Aid): Promise<void>;
  /** Closes the transport. */
  close(): Promise<void>;
};

/** Selects the issuer security domain of the card behind the transport, which may be bare. Throws `card/application-not-found`. */
export async function openCardManager(transport: Transport): Promise<CardManager> {
  const secure = withSecureChannel(withGetResponse(withRightLength(transport)));
  let dek: Uint8Array | undefined;

  const forget = (): void => {
    if (dek !== undefined) wipe(dek);
    dek = undefined;
  };
  const exclusively = inTurn(() => {
    if (secure.securityLevel() === undefined) forget();
  });
  const select = async (): Promise<void> => {
    forget();
    await send(secure, selectAny, aidBytes(CARD_MANAGER_AID));
  };
  await select();

  return {
    name: transport.name,
    select: () => exclusively(select),
    openSecureChannel: (keys, options = {}) =>
      exclusively(async () => {
        forget();
        const version = typeof keys === 'function' ? 0 : keys.version;
        try {
          await secure.openSecureChannel(
            (response) => {
              const set = typeof keys === 'function' ? keys(response) : keys;
              dek = new Uint8Array(set.dek);
              return set;
            },
            { version, ...options },
          );
        } catch (error) {
          forget();
          throw error;
        }
      }),
    closeSecureChannel: () =>
      exclusively(async () => {
        forget();
        secure.closeSecureChannel();
      }),
    keyInformation: () =>
      exclusively(async () => readKeyInformation(await send(secure, commands.getKeyInformation, undefined))),
    putKey: (keys, { replacing = 0 } = {}) =>
      exclusively(async () => {
        if (dek === undefined || secure.securityLevel() === undefined)
          throw administratorRequired(commands.putKey);
        const field = encodePutKey(keys, dek);
        const answer = await send(secure, commands.putKey, concat(Uint8Array.of(replacing), field));
        if (!equalBytes(answer, putKeyResponse(keys)))
          throw malformed(commands.putKey.name, answer.length, 'the check values of the keys that were put');
      }),
    makeSelectable: (aid = BLOCKCHAIN_SIM_AID) =>
      exclusively(async () => {
        if (secure.securityLevel() === undefined) throw administratorRequired(commands.makeSelectable);
        await send(secure, commands.makeSelectable, aidBytes(aid));
      }),
    close: () =>
      exclusively(async () => {
        forget();
        await secure.close();
      }),
  };
}

/** Security domains of other makers answer other file control information; none of it is needed here. */
const selectAny = { ...cardCommands.select, response: bytes('file control information', 0, 256) };

/** Source: GlobalPlatform Card Specification 2.3.1 §11.3.3.1. */
function readKeyInformation(answer: Uint8Array): readonly KeyInformation[] {
  const refused = (cause?: unknown): CardError =>
    malformed(commands.getKeyInformation.name, answer.length, 'E0 with C0 objects of 4 bytes', cause);
  try {
    const template = findTlv(answer, 0xe0);
    if (template === undefined) throw refused();
    return parseTlv(template).map(({ tag, value }) => {
      if (tag !== 0xc0 || value.length !== 4) throw refused();
      const [identifier, version, type, length] = value as unknown as [number, number, number, number];
      return { identifier, version, type, length };
    });
  } catch (cause) {
    throw cause instanceof CardError ? cause : refused(cause);
  }
}

const malformed = (command: string, length: number, expected: string, cause?: unknown): CardError =>
  new CardError(
    'card/malformed-response',
    `response of ${command} not read: found ${length} bytes, expected ${expected}`,
    { command, length },
    { cause },
  );
