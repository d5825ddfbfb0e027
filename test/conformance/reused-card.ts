// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu } from '../../protocol/apdu.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { type ConnectedCard, complete } from './card-session.ts';
import { openHostChannel, staticKeys } from './scp03-host.ts';

/** What a card in a reader lacks: it was new once, is what it is, and is sent nothing that is shorter than a command. */
export const readerCardLacks = [
  'terminal',
  'S16',
  'random challenge',
  'installed',
  'new card',
  'fragments',
] as const;

const SELECT = '00 A4 04 00 07 F0 42 53 49 4D 01 00 00';
const FACTORY_RESET = '80 FA 00 00';

/**
 * Makes a card blank again by FACTORY RESET inside a secure channel, whatever was done to it but TERMINATE DF, and gives
 * it back reset; closing what it gives does not close the card, which serves the next test. Its first key set has
 * GlobalPlatform's test keys, as that of a new card.
 */
export async function blankAgain(card: ConnectedCard): Promise<ConnectedCard> {
  await card.reset();
  await mustSucceed('SELECT', complete(card, fromHex(SELECT)));
  const request = { keys: staticKeys(), level: 0x01, kvn: 0x30, channel: 0, size: 8 } as const;
  const channel = await openHostChannel((apdu) => complete(card, apdu), request);
  await mustSucceed('FACTORY RESET', complete(card, channel.wrap(decodeCommandApdu(fromHex(FACTORY_RESET)))));
  await card.reset();
  return { ...card, close: async () => {} };
}

async function mustSucceed(name: string, answer: Promise<Uint8Array>): Promise<void> {
  const sw = Buffer.from((await answer).subarray(-2)).toString('hex');
  if (sw !== '9000') throw new Error(`card not made blank: found ${sw} to ${name}, expected 9000`);
}
