// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromHex } from '../../../protocol/bytes.ts';

describe('emulatorTransport', () => {
  it('closes the card with itself, once', async () => {
    let closed = 0;
    const transport = emulatorTransport({
      atr: new Uint8Array(0),
      process: () => Uint8Array.of(0x90, 0x00),
      close: () => {
        closed++;
      },
    });
    await transport.close();
    await transport.close();
    expect(closed).toBe(1);
  });

  it('takes a card that cannot be closed', async () => {
    const transport = emulatorTransport({ atr: new Uint8Array(0), process: () => Uint8Array.of(0x90, 0x00) });
    await expect(transport.close()).resolves.toBeUndefined();
  });

  it('says card/transport-failed when the card was closed by its owner, and keeps the cause', async () => {
    const card = createCard();
    const transport = emulatorTransport(card, 'emulator:test.json');
    card.close();
    await expect(transport.transmit(fromHex('0084000000'))).rejects.toMatchObject({
      code: 'card/transport-failed',
      details: { reader: 'emulator:test.json' },
      cause: { code: 'emulator/card-closed' },
    });
  });
});
