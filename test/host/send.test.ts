// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError, type CardErrorCode } from '../../host/errors.ts';
import { send } from '../../host/send.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, toHex, toUpperHex, utf8 } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import { blockchainSimCommands as sim } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { pinBlock, pukBlock } from '../../protocol/pin.ts';
import type { Transport } from '../../protocol/transport.ts';
import { personalisation, replayed } from '../support/cards.ts';

/** A card that answers every command the same and keeps what it got, copied and as it was handed over. */
function always(answer: string): {
  readonly transport: Transport;
  readonly copies: Uint8Array[];
  readonly buffers: Uint8Array[];
} {
  const copies: Uint8Array[] = [];
  const buffers: Uint8Array[] = [];
  const transport = emulatorTransport({
    atr: new Uint8Array(0),
    process: (apdu) => {
      copies.push(apdu.slice());
      buffers.push(apdu);
      return fromHex(answer);
    },
  });
  return { transport, copies, buffers };
}

describe('send', () => {
  it('sends a case 1 command as its header', async () => {
    const { transport, copies } = always('9000');
    await send(transport, sim.verify, undefined);
    expect(copies.map(toUpperHex)).toEqual(['00200001']);
  });

  it('sends a case 2 command with Le 00', async () => {
    const { transport, copies } = always(`${'11'.repeat(32)}9000`);
    expect(toHex(await send(transport, sim.getChallenge, undefined))).toBe('11'.repeat(32));
    expect(copies.map(toUpperHex)).toEqual(['0084000000']);
  });

  it('does not call a data object that the card has not a key', async () => {
    const { transport } = always('6A88');
    await expect(send(transport, sim.getImsi, undefined)).rejects.toMatchObject({
      code: 'card/unexpected-status',
      details: { sw: '6A88', meaning: 'no data object with that tag' },
    });
  });

  it('sends a case 3 command without Le', async () => {
    const { transport, copies } = always('9000');
    await send(transport, sim.chooseSignatureKey, { reference: 7 });
    expect(copies.map(toUpperHex)).toEqual(['002241B603840107']);
  });

  it('sends a case 4 command with Lc, data and Le 00', async () => {
    const { transport, copies } = always(`7F49228620${'22'.repeat(32)}9000`);
    await send(transport, sim.readPublicKey, { reference: 3 });
    expect(copies.map(toUpperHex)).toEqual(['0047810005B60384010300']);
  });

  it('sends data of 255 bytes in one command and of 256 in a chain', async () => {
    const one = always('9000');
    await send(one.transport, sim.hash, new Uint8Array(255));
    expect(one.copies.map((apdu) => [apdu[0], apdu.length])).toEqual([[0x00, 260]]);
    const two = always('9000');
    await send(two.transport, sim.hash, new Uint8Array(256));
    expect(two.copies.map((apdu) => [apdu[0], apdu.length])).toEqual([
      [0x10, 260],
      [0x00, 6],
    ]);
  });

  it('cuts any data so that its parts, read by the rules of ISO/IEC 7816-4 §5.3.3, give it back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ max: 255, minLength: 0, maxLength: 4096 }), async (data) => {
        const { transport, copies } = always(`${'00'.repeat(64)}9000`);
        await send(transport, sim.computeDigitalSignature, data);
        const last = copies.length - 1;
        const parts: number[] = [];
        copies.forEach((apdu, index) => {
          // CLA 10 on all but the last, one header for all, Lc as many bytes as follow, Le only at the end.
          expect([...apdu.subarray(0, 4)]).toEqual([index === last ? 0x00 : 0x10, 0x2a, 0x9e, 0x9a]);
          const le = index === last ? 1 : 0;
          const hasData = apdu.length > 4 + le;
          const lc = hasData ? (apdu[4] as number) : 0;
          expect(apdu.length).toBe(4 + (hasData ? 1 : 0) + lc + le);
          expect(lc > 0 || data.length === 0).toBe(true);
          parts.push(...apdu.subarray(5, 5 + lc));
        });
        expect(parts).toEqual([...data]);
        expect(copies.length).toBe(Math.max(1, Math.ceil(data.length / 255)));
      }),
      { numRuns: 60 },
    );
  });

  it('ends a chain at the first part that is refused', async () => {
    const { transport, copies } = always('6884');
    await expect(send(transport, sim.hash, new Uint8Array(600))).rejects.toMatchObject({
      code: 'card/unexpected-status',
      details: { sw: '6884', meaning: 'this command takes no chain' },
    });
    expect(copies.length).toBe(1);
  });

  it('refuses data longer than the command takes, before anything is sent', async () => {
    const { transport, copies } = always('9000');
    await expect(send(transport, sim.hash, new Uint8Array(4097))).rejects.toMatchObject({
      code: 'protocol/bad-layout',
    });
    expect(copies).toEqual([]);
  });

  it.each([
    ['an empty answer', ''],
    ['an answer of one byte', '90'],
  ])('says card/malformed-response for %s', async (_, answer) => {
    await expect(send(always(answer).transport, sim.getChallenge, undefined)).rejects.toMatchObject({
      code: 'card/malformed-response',
      details: { command: 'GET CHALLENGE', length: answer.length / 2 },
    });
  });

  it('says card/malformed-response for response data of another layout, and keeps the cause', async () => {
    const error = await send(always('01029000').transport, sim.getChallenge, undefined).catch((e) => e);
    expect(error).toBeInstanceOf(CardError);
    expect(error).toMatchObject({ code: 'card/malformed-response', cause: { code: 'protocol/bad-layout' } });
  });

  it('says card/malformed-response for data where none is expected', async () => {
    await expect(send(always('009000').transport, sim.verify, undefined)).rejects.toMatchObject({
      code: 'card/malformed-response',
    });
  });

  it('lets errors of the transport through', async () => {
    const transport = replayed('> 00 84 00 00 00\n! card/removed');
    await expect(send(transport, sim.getChallenge, undefined)).rejects.toMatchObject({
      code: 'card/removed',
    });
  });
});

describe('secret data', () => {
  const secrets: readonly [string, AnyCommand, () => unknown][] = [
    ['VERIFY', sim.verify, () => pinBlock(utf8('1234'))],
    [
      'CHANGE REFERENCE DATA',
      sim.changeReferenceData,
      () => ({ oldPin: pinBlock(utf8('1234')), newPin: pinBlock(utf8('4321')) }),
    ],
    [
      'RESET RETRY COUNTER',
      sim.resetRetryCounter,
      () => ({ puk: pukBlock(utf8('12345678')), newPin: pinBlock(utf8('4321')) }),
    ],
    [
      'STORE DATA',
      sim.storeData,
      () => ({ ...personalisation(), pin: pinBlock(utf8('1234')), puk: pukBlock(utf8('12345678')) }),
    ],
  ];

  it.each(secrets)('%s: the APDU is zeros after a good answer', async (_, command, request) => {
    const { transport, buffers } = always('9000');
    await send(transport, command, request());
    expect(buffers).toHaveLength(1);
    expect(buffers[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it.each(secrets)('%s: the APDU is zeros after a refusal', async (_, command, request) => {
    const { transport, buffers } = always('6F00');
    await expect(send(transport, command, request())).rejects.toThrow(CardError);
    expect(buffers[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it('is zeros after a transport that failed', async () => {
    let seen: Uint8Array | undefined;
    const transport: Transport = {
      name: 'test:fails',
      close: async () => {},
      transmit: async (apdu) => {
        seen = apdu;
        throw new CardError('card/removed', 'gone', { reader: 'test' });
      },
    };
    await expect(send(transport, sim.verify, pinBlock(utf8('1234')))).rejects.toMatchObject({
      code: 'card/removed',
    });
    expect(seen?.every((byte) => byte === 0)).toBe(true);
  });

  it('stays in the request, which is the caller’s to wipe', async () => {
    const block = pinBlock(utf8('1234'));
    await send(always('9000').transport, sim.verify, block);
    expect(toUpperHex(block)).toBe('31323334FFFFFFFF');
  });
});

describe('status words', () => {
  const key = { reference: 5, curve: 'P-256' } as const;
  const block = pinBlock(utf8('1234'));
  const change = { oldPin: block, newPin: block };
  const unblock = { puk: block, newPin: block };
  const person = { ...personalisation(), pin: block, puk: block };
  const rows: readonly [AnyCommand, unknown, string, CardErrorCode, object][] = [
    [
      cardCommands.select,
      fromHex('F04253494D0100'),
      '6A82',
      'card/application-not-found',
      { aid: 'F04253494D0100' },
    ],
    [sim.verify, block, '63C2', 'card/wrong-pin', { triesLeft: 2 }],
    [sim.verify, block, '63C1', 'card/wrong-pin', { triesLeft: 1 }],
    [sim.verify, block, '63C0', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.verify, block, '6983', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.verify, block, '6985', 'card/not-personalised', { command: 'VERIFY' }],
    [sim.changeReferenceData, change, '63C1', 'card/wrong-pin', { triesLeft: 1 }],
    [sim.changeReferenceData, change, '6983', 'card/pin-blocked', { unblockWith: 'PUK' }],
    [sim.resetRetryCounter, unblock, '63C9', 'card/wrong-puk', { triesLeft: 9 }],
    [sim.resetRetryCounter, unblock, '63C0', 'card/puk-blocked', {}],
    [sim.resetRetryCounter, unblock, '6983', 'card/puk-blocked', {}],
    [sim.getIccid, undefined, '6985', 'card/not-personalised', { command: 'GET DATA ICCID' }],
    [sim.getImsi, undefined, '6982', 'card/pin-required', { command: 'GET DATA IMSI' }],
    [sim.getImsi, undefined, '6985', 'card/not-personalised', { command: 'GET DATA IMSI' }],
    [sim.storeData, person, '6985', 'card/already-personalised', { command: 'STORE DATA' }],
    [sim.generateKeyPair, key, '6982', 'card/pin-required', { command: 'GENERATE ASYMMETRIC KEY PAIR' }],
    [sim.generateKeyPair, key, '6A88', 'card/no-such-key', { reference: 5 }],
    [sim.generateKeyPair, key, '6A89', 'card/slot-taken', { reference: 5 }],
    [sim.readPublicKey, { reference: 6 }, '6A88', 'card/no-such-key', { reference: 6 }],
    [sim.chooseSignatureKey, { reference: 7 }, '6A88', 'card/no-such-key', { reference: 7 }],
  ];

  const cases = rows.map(([command, request, sw, code, details]) => ({
    name: command.name,
    ...{ command, request, sw, code, details },
  }));

  it.each(cases)('$name answered with $sw is $code', async ({ command, request, sw, code, details }) => {
    const error = await send(always(sw).transport, command, request).catch((e) => e);
    expect(error).toBeInstanceOf(CardError);
    expect(error.code).toBe(code);
    expect(error.details).toEqual(details);
    expect(error.message).toContain(`${command.name} failed: found ${sw}`);
    expect(error.remedy).not.toBe('');
  });

  const noted: readonly { command: AnyCommand; request?: unknown; sw: string; meaning: string }[] = [
    {
      command: sim.computeDigitalSignature,
      request: new Uint8Array(32),
      sw: '6985',
      meaning: 'no key chosen, or nothing to sign',
    },
    {
      command: sim.getChallenge,
      sw: '6581',
      meaning: 'the card could not write its memory; nothing changed',
    },
    { command: sim.getChallenge, sw: '6F00', meaning: 'no precise diagnosis' },
    { command: sim.getChallenge, sw: '6A88', meaning: 'referenced data not found' },
    { command: sim.getChallenge, sw: '63C2', meaning: 'comparison failed, 2 tries left' },
    { command: sim.getChallenge, sw: '9F10', meaning: 'meaning not known to this toolkit' },
  ];

  it.each(noted)('$sw beside the catalogue is card/unexpected-status: $meaning', async (row) => {
    const { command, request, sw, meaning } = row;
    const error = await send<unknown, unknown>(always(sw).transport, command, request).catch((e) => e);
    expect(error).toMatchObject({
      code: 'card/unexpected-status',
      details: { command: command.name, sw, meaning },
    });
  });

  it('never yields anything but a CardError, whatever the card answers to whatever command', async () => {
    const requests = new Map<AnyCommand, unknown>([
      ...rows.map(([command, request]) => [command, request] as const),
      [sim.getApplicationInformation, undefined],
      [sim.getKeyDirectory, undefined],
      [sim.hash, new Uint8Array(3)],
      [sim.internalAuthenticate, new Uint8Array(16)],
    ]);
    const answers = fc
      .uint8Array({ maxLength: 300 })
      .chain((body) => fc.constantFrom('9000', '', '61', '6100', '6C00').map((tail) => toHex(body) + tail));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...requests), answers, async ([command, request], answer) => {
        const outcome = await send<unknown, unknown>(always(answer).transport, command, request).then(
          () => undefined,
          (error) => error,
        );
        expect(outcome === undefined || outcome instanceof CardError).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
