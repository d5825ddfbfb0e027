// SPDX-License-Identifier: Apache-2.0
import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { openCardManager } from '../../../host/clients/card-manager.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { toUpperHex } from '../../../protocol/bytes.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { parseAid } from '../../../protocol/identifiers/aid.ts';
import type { Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { replayed, tap, testKeys } from '../../support/cards.ts';

const keySet = (version: number, fill: number, length = 16): Scp03KeySet => ({
  version,
  enc: new Uint8Array(length).fill(fill),
  mac: new Uint8Array(length).fill(fill + 1),
  dek: new Uint8Array(length).fill(fill + 2),
});
/** SELECT of an ISD with the file control information that many cards give. */
const SELECTED = `
  > 00 A4 04 00 08 A0 00 00 01 51 00 00 00 00
  < 6F 10 84 08 A0 00 00 01 51 00 00 00 A5 04 9F 65 01 FF 90 00`;
const open = async (options: Parameters<typeof createCard>[0] = {}) => {
  const tapped = tap(emulatorTransport(createCard(options)));
  return { ...tapped, manager: await openCardManager(tapped.transport) };
};

describe('openCardManager', () => {
  // AID of the ISD. Source: GlobalPlatform Card Specification 2.3.1 §H.1.3.
  it('selects the issuer security domain', async () => {
    const { sent } = await open();
    expect(sent).toEqual(['00A4040008A00000015100000000']);
  });

  it('lists the keys of the secure channel', async () => {
    const { manager } = await open();
    expect(await manager.keyInformation()).toEqual(
      [1, 2, 3].map((identifier) => ({ identifier, version: 0x30, type: 0x88, length: 16 })),
    );
  });

  // Key information template of three AES keys, version FF. Source: GlobalPlatform Card Specification 2.3.1 §11.3.3.1.
  it('reads the key information template of the standard', async () => {
    const manager = await openCardManager(
      replayed(`${SELECTED}
        > 80 CA 00 E0 00
        < E0 12 C0 04 01 FF 88 10 C0 04 02 FF 88 10 C0 04 03 FF 88 10 90 00`),
    );
    expect(await manager.keyInformation()).toEqual(
      [1, 2, 3].map((identifier) => ({ identifier, version: 0xff, type: 0x88, length: 16 })),
    );
  });
});

describe('putKey', () => {
  it('puts a set in place of the one in use, and the session goes on', async () => {
    const { manager } = await open();
    await manager.openSecureChannel(testKeys());
    await manager.putKey(keySet(0x31, 7), { replacing: 0x30 });
    expect((await manager.keyInformation()).map(({ version }) => version)).toEqual([0x31, 0x31, 0x31]);
    await manager.putKey(keySet(0x32, 9));
    await manager.select();
    await expect(manager.openSecureChannel(testKeys())).rejects.toMatchObject({
      code: 'card/no-such-key-set',
    });
    await manager.openSecureChannel(keySet(0x31, 7));
    await manager.openSecureChannel(keySet(0x32, 9));
  });

  it.each([16, 24, 32])('puts keys of %i bytes', async (length) => {
    const { manager } = await open();
    await manager.openSecureChannel(testKeys());
    await manager.putKey(keySet(0x40, 3, length));
    await manager.openSecureChannel(keySet(0x40, 3, length));
    expect((await manager.keyInformation()).at(-1)).toMatchObject({ version: 0x40, length });
  });

  it('encrypts the keys under the static DEK of the set in use', async () => {
    const { manager, transport } = await open();
    // Without encryption of the channel the field is there to be seen.
    await manager.openSecureChannel(testKeys(), { level: 0x01 });
    const seen: string[] = [];
    const watched: Transport = {
      ...transport,
      transmit: (apdu) => {
        seen.push(toUpperHex(apdu));
        return transport.transmit(apdu);
      },
    };
    const other = await openCardManager(watched);
    await other.openSecureChannel(testKeys(), { level: 0x01 });
    await other.putKey(keySet(0x41, 5));
    const cipher = createCipheriv('aes-128-cbc', testKeys().dek, new Uint8Array(16)).setAutoPadding(false);
    const encrypted = Buffer.concat([cipher.update(keySet(0x41, 5).enc), cipher.final()]);
    expect(seen.at(-1)).toContain(toUpperHex(new Uint8Array(encrypted)));
    expect(seen.join()).not.toContain(toUpperHex(keySet(0x41, 5).enc));
  });

  it('is refused where there is no secure channel, before anything is sent', async () => {
    const { manager, sent } = await open();
    await expect(manager.putKey(keySet(0x31, 1))).rejects.toMatchObject({
      code: 'card/administrator-required',
    });
    await manager.openSecureChannel(testKeys());
    await manager.closeSecureChannel();
    await expect(manager.putKey(keySet(0x31, 1))).rejects.toMatchObject({
      code: 'card/administrator-required',
    });
    expect(sent.filter((apdu) => apdu.slice(2, 4) === 'D8')).toEqual([]);
  });

  it('says what of the versions does not fit', async () => {
    const { manager } = await open();
    await manager.openSecureChannel(testKeys());
    await expect(manager.putKey(keySet(0x31, 1), { replacing: 0x55 })).rejects.toMatchObject({
      code: 'card/no-such-key-set',
      details: { version: 0x55 },
    });
    await expect(manager.putKey(keySet(0x30, 1))).rejects.toMatchObject({
      code: 'card/key-set-exists',
      details: { version: 0x30 },
    });
    await manager.putKey(keySet(0x31, 1));
    await manager.putKey(keySet(0x32, 1));
    await expect(manager.putKey(keySet(0x33, 1))).rejects.toMatchObject({ code: 'card/no-room' });
  });

  it('does not believe a card that took other keys', async () => {
    const card = createCard();
    const inner = emulatorTransport(card);
    const lying: Transport = {
      ...inner,
      transmit: async (apdu) => {
        const answer = await inner.transmit(apdu);
        // The first byte of the first check value; at level 01 nothing protects the answer.
        if (apdu[1] === 0xd8) answer[1] = (answer[1] as number) ^ 1;
        return answer;
      },
    };
    const manager = await openCardManager(lying);
    await manager.openSecureChannel(testKeys(), { level: 0x03 });
    await expect(manager.putKey(keySet(0x31, 1))).rejects.toMatchObject({ code: 'card/malformed-response' });
  });
});

describe('makeSelectable', () => {
  it('lets the key-custody application be selected, once', async () => {
    const { manager, transport } = await open({ lifeCycle: 'installed' });
    await expect(openBlockchainSim(transport)).rejects.toMatchObject({ code: 'card/application-not-found' });
    await manager.select();
    await expect(manager.makeSelectable()).rejects.toMatchObject({ code: 'card/administrator-required' });
    await manager.openSecureChannel(testKeys());
    await manager.makeSelectable();
    await expect(manager.makeSelectable()).rejects.toMatchObject({ code: 'card/not-possible' });
    await expect(manager.makeSelectable(parseAid('A0000000000102'))).rejects.toMatchObject({
      code: 'card/application-not-found',
      details: { aid: 'A0000000000102' },
    });
    expect((await (await openBlockchainSim(transport)).applicationInformation()).lifeCycle).toBe(
      'selectable',
    );
  });
});

describe('a card that answers anything', () => {
  it('makes the key information a value or a ToolkitError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.boolean(), async (body, wrapped) => {
        const content = wrapped ? `E0${toUpperHex(Uint8Array.of(body.length, ...body))}` : toUpperHex(body);
        const manager = await openCardManager(replayed(`${SELECTED}\n> 80 CA 00 E0 00\n< ${content} 90 00`));
        const outcome = await manager.keyInformation().catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof ToolkitError).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
