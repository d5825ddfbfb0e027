// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { record } from '../../../host/layers/record.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromHex } from '../../../protocol/bytes.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { personalisation, replayed, testCard, testKeys } from '../../support/cards.ts';

describe('record', () => {
  it.each(['t1', 't0'] as const)(
    'writes what a replay plays to the same client again, on %s',
    async (profile) => {
      const session = async (transport: Transport): Promise<unknown> => {
        const sim = await openBlockchainSim(transport);
        // At a level with R-MAC the answer to a masked command could not be played again.
        await sim.openSecureChannel(testKeys(), { level: 0x03, hostChallenge: new Uint8Array(8).fill(1) });
        await sim.storeData(personalisation());
        await sim.closeSecureChannel();
        await sim.verify(testCard.pin);
        const publicKey = await sim.generateKeyPair(1, 'P-256');
        const signature = await sim.signMessage(1, new Uint8Array(600).fill(7));
        return [await sim.iccid(), await sim.keyDirectory(), publicKey, signature];
      };
      const lines: string[] = [];
      const live = await session(
        record(emulatorTransport(createCard({ profile })), (line) => lines.push(line)),
      );
      const replay = replayed(lines.join('\n'));
      expect(await session(replay)).toEqual(live);
      expect(replay.remaining()).toBe(0);
    },
  );

  it('writes a session inside a secure channel so that it is played to whoever has the keys', async () => {
    const session = async (transport: Transport): Promise<unknown> => {
      const sim = await openBlockchainSim(transport);
      await sim.openSecureChannel(testKeys(), { hostChallenge: new Uint8Array(8).fill(2) });
      await sim.putCertificates(new Uint8Array(600).fill(3));
      return [await sim.generateKeyPair(1, 'Ed25519'), await sim.certificates()];
    };
    const lines: string[] = [];
    const live = await session(record(emulatorTransport(createCard()), (line) => lines.push(line)));
    const replay = replayed(lines.join('\n'));
    expect(await session(replay)).toEqual(live);
    expect(replay.remaining()).toBe(0);
  });

  it('writes ATR, removal and reset, so that a replay fails in the same place', async () => {
    const text = 'ATR 3B 00\n> 00 84 00 00 00\n! card/reset\n> 00 84 00 00 00\n! card/removed';
    const lines: string[] = [];
    const recorded = record(replayed(text), (line) => lines.push(line));
    const apdu = fromHex('0084000000');
    await expect(recorded.transmit(apdu)).rejects.toMatchObject({ code: 'card/reset' });
    await expect(recorded.transmit(apdu)).rejects.toMatchObject({ code: 'card/removed' });
    expect(lines.join('\n')).toBe(text);
  });

  it('leaves out a command that failed in another way: nothing is known of it', async () => {
    const lines: string[] = [];
    const recorded = record(replayed(''), (line) => lines.push(line));
    await expect(recorded.transmit(fromHex('0084000000'))).rejects.toMatchObject({
      code: 'card/replay-mismatch',
    });
    expect(lines).toEqual([]);
  });
});
