// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { openCardManager } from '../../../host/clients/card-manager.ts';
import { openLogicalChannel } from '../../../host/layers/logical-channel.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import {
  openBlankCard,
  openPersonalisedCard,
  replayed,
  tap,
  testCard,
  testKeys,
} from '../../support/cards.ts';

describe('openLogicalChannel', () => {
  // CLA of channels 1 to 3, first interindustry and proprietary. Source: ISO/IEC 7816-4:2020 §5.4.1, table 2.
  it('addresses what goes through it to the channel that the card opened, and closes that one only', async () => {
    const card = replayed(`
      > 00 70 00 00 00
      < 02 90 00
      > 02 CA 00 5A 00
      < 90 00
      > 82 CA 00 E0 00
      < 90 00
      > 16 DA FF 26 01 07
      < 90 00
      > 00 70 80 02
      < 90 00
      > 00 CA 00 5A 00
      < 90 00`);
    const channel = await openLogicalChannel(card);
    expect(channel.name).toBe('replay:transcript#2');
    for (const apdu of ['00CA005A00', '80CA00E000', '14DAFF260107']) await channel.transmit(fromHex(apdu));
    await channel.close();
    await channel.close();
    await expect(channel.transmit(fromHex('00CA005A00'))).rejects.toMatchObject({ code: 'card/closed' });
    expect(toUpperHex(await card.transmit(fromHex('00CA005A00')))).toBe('9000');
    expect(card.remaining()).toBe(0);
  });

  it('leaves the APDU of the caller as it was', async () => {
    const channel = await openLogicalChannel(emulatorTransport(createCard()));
    const apdu = fromHex('00A40400 07 F04253494D0100 00');
    const before = apdu.slice();
    await channel.transmit(apdu);
    expect(apdu).toEqual(before);
  });

  it.each(['00', '04', 'FF'])('refuses %s as the number of a channel', async (number) => {
    const card = replayed(`> 00 70 00 00 00\n< ${number} 90 00`);
    await expect(openLogicalChannel(card)).rejects.toMatchObject({ code: 'card/malformed-response' });
  });

  it('says card/no-room when all channels are open, and finds room when one was closed', async () => {
    const card = emulatorTransport(createCard());
    const channels = [];
    for (let i = 0; i < 3; i++) channels.push(await openLogicalChannel(card));
    await expect(openLogicalChannel(card)).rejects.toMatchObject({ code: 'card/no-room' });
    await channels[1]?.close();
    expect((await openLogicalChannel(card)).name).toMatch(/#2$/);
  });

  it('says card/channel-not-open when the channel was closed by somebody else', async () => {
    const { transport } = await openBlankCard();
    const channel = await openLogicalChannel(transport);
    const sim = await openBlockchainSim(channel);
    await transport.transmit(fromHex('00708001'));
    await expect(sim.getChallenge()).rejects.toMatchObject({ code: 'card/channel-not-open' });
  });

  it.each(['t1', 't0'] as const)(
    'carries a whole client with a session of its own, on %s',
    async (profile) => {
      const { sim, transport } = await openPersonalisedCard({ profile });
      const other = await openBlockchainSim(await openLogicalChannel(transport));
      expect(await sim.pinStatus()).toMatchObject({ verified: true });
      expect(await other.pinStatus()).toMatchObject({ verified: false });
      await other.verify(testCard.pin);
      await other.generateKeyPair(1, 'P-256');
      expect((await other.signMessage(1, new Uint8Array(600))).length).toBe(64);
      await sim.select();
      expect(await sim.pinStatus()).toMatchObject({ verified: false });
      expect(await other.pinStatus()).toMatchObject({ verified: true });
    },
  );

  it('carries a secure channel: its MACs do not cover the channel', async () => {
    const { transport, sent } = tap(emulatorTransport(createCard()));
    const sim = await openBlockchainSim(transport);
    const channel = await openLogicalChannel(transport);
    const manager = await openCardManager(channel);
    await manager.openSecureChannel(testKeys());
    await manager.putKey({ ...testKeys(0x31), enc: new Uint8Array(16).fill(1) });
    expect(sent.at(-1)?.slice(0, 4)).toBe('85D8');
    expect((await sim.getChallenge()).length).toBe(32);
    await manager.close();
    await sim.openSecureChannel({ ...testKeys(0x31), enc: new Uint8Array(16).fill(1) });
  });
});
