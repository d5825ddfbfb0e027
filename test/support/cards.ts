// SPDX-License-Identifier: Apache-2.0
import { type CardOptions, createCard } from '../../applet-sim/index.ts';
import {
  type BlockchainSim,
  type BlockchainSimOptions,
  openBlockchainSim,
} from '../../host/clients/blockchain-sim.ts';
import { parseTranscript } from '../../host/transcript.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { type ReplayTransport, replayTransport } from '../../host/transports/replay.ts';
import { fromHex, toUpperHex, utf8 } from '../../protocol/bytes.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../protocol/identifiers/imsi.ts';
import type { Scp03KeySet } from '../../protocol/scp03/key-set.ts';
import type { Transport } from '../../protocol/transport.ts';

/** What test cards are personalised with; test PLMN 001-01, nobody's subscription. */
export const testCard = {
  iccid: parseIccid('8900101000000000019'),
  imsi: parseImsi('001010123456789'),
  pin: utf8('1234'),
  puk: utf8('12345678'),
} as const;

/** Fresh copies of what a card is personalised with. */
export const personalisation = (): Parameters<BlockchainSim['storeData']>[0] => ({
  ...testCard,
  pin: testCard.pin.slice(),
  puk: testCard.puk.slice(),
});

/** GlobalPlatform's public test keys, which a blank emulated card has as version 30; a fresh copy. */
export function testKeys(version = 0x30): Scp03KeySet {
  const key = (): Uint8Array => fromHex('404142434445464748494A4B4C4D4E4F');
  return { version, enc: key(), mac: key(), dek: key() };
}

/** A transport, and every C-APDU that went through it, as upper-case hexadecimal. */
export type Tapped = { readonly transport: Transport; readonly sent: string[] };

/** Notes what goes through a transport. */
export function tap(inner: Transport): Tapped {
  const sent: string[] = [];
  const transport: Transport = {
    ...inner,
    transmit: (apdu) => {
      sent.push(toUpperHex(apdu));
      return inner.transmit(apdu);
    },
  };
  return { transport, sent };
}

/** A transcript's text as a transport. */
export const replayed = (text: string): ReplayTransport => replayTransport(parseTranscript(text));

/** An emulated card with the client open on it, and the APDUs that the card got. */
export type OpenedCard = Tapped & {
  readonly sim: BlockchainSim;
  readonly card: ReturnType<typeof createCard>;
};

/** What an emulated card is like, and what the client is given. */
export type OpenedCardOptions = CardOptions & BlockchainSimOptions;

/** Opens the client on a blank card. */
export async function openBlankCard(options: OpenedCardOptions = {}): Promise<OpenedCard> {
  const { terminal, ...cardOptions } = options;
  const card = createCard(cardOptions);
  const tapped = tap(emulatorTransport(card));
  const sim = await openBlockchainSim(tapped.transport, terminal === undefined ? {} : { terminal });
  return { ...tapped, card, sim };
}

/** Opens the client on a blank card, inside a secure channel: the administrator, who may do all that a holder may. */
export async function openAdministeredCard(options: OpenedCardOptions = {}): Promise<OpenedCard> {
  const opened = await openBlankCard(options);
  await opened.sim.openSecureChannel(testKeys());
  return opened;
}

/** Opens the client on a personalised card, PIN verified, outside of a secure channel. */
export async function openPersonalisedCard(options: OpenedCardOptions = {}): Promise<OpenedCard> {
  const opened = await openAdministeredCard(options);
  await opened.sim.storeData(personalisation());
  await opened.sim.closeSecureChannel();
  await opened.sim.verify(testCard.pin);
  return opened;
}
