// SPDX-License-Identifier: Apache-2.0
import { createCard } from '../../applet-sim/index.ts';
import { type BlockchainSim, openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { parseTranscript } from '../../host/transcript.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { type ReplayTransport, replayTransport } from '../../host/transports/replay.ts';
import { toUpperHex, utf8 } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../protocol/identifiers/imsi.ts';
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

/** Opens the client on a blank card. */
export async function openBlankCard(
  options: { readonly profile?: 't1' | 't0'; readonly algorithms?: readonly Curve[] } = {},
): Promise<OpenedCard> {
  const card = createCard(options);
  const tapped = tap(emulatorTransport(card));
  return { ...tapped, card, sim: await openBlockchainSim(tapped.transport) };
}

/** Opens the client on a personalised card, PIN verified. */
export async function openPersonalisedCard(
  options: Parameters<typeof openBlankCard>[0] = {},
): Promise<OpenedCard> {
  const opened = await openBlankCard(options);
  await opened.sim.storeData(personalisation());
  await opened.sim.verify(testCard.pin);
  return opened;
}
