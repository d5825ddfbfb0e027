// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError } from '../../host/errors.ts';
import { send, sendStreamed } from '../../host/send.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, toHex, toUpperHex, utf8 } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import { blockchainSimCommands as sim } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { secureChannelCommands as channel } from '../../protocol/commands/secure-channel/index.ts';
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
    await send(transport, sim.chooseSignatureKey, { reference: 7, path: undefined, hash: undefined });
    expect(copies.map(toUpperHex)).toEqual(['002241B603840107']);
  });

  it('sends a case 4 command with Lc, data and Le 00', async () => {
    const { transport, copies } = always(`7F49228620${'22'.repeat(32)}9000`);
    await send(transport, sim.readPublicKey, { reference: 3, path: undefined });
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
    await expect(send(transport, sim.signTransaction, new Uint8Array(4097))).rejects.toMatchObject({
      code: 'protocol/bad-layout',
    });
    expect(copies).toEqual([]);
  });

  it('puts a parameter of the request into P1 or P2, and the rest into the data', async () => {
    const begun = always(`${'00'.repeat(10)}300310${'11'.repeat(16)}0000019000`);
    await send(begun.transport, channel.initializeUpdate, {
      kvn: 0x30,
      hostChallenge: new Uint8Array(8).fill(0xaa),
    });
    expect(begun.copies.map(toUpperHex)).toEqual(['8050300008AAAAAAAAAAAAAAAA00']);
    const closed = always('9000');
    await send(closed.transport, cardCommands.closeChannel, 2);
    expect(closed.copies.map(toUpperHex)).toEqual(['00708002']);
  });

  it('cuts a chain where the transport says that less fits, also when that changes on the way', async () => {
    const { transport, copies } = always('9000');
    const lengths = [100, 100, 60, 60, 60];
    const narrow: Transport = {
      ...transport,
      get longestData() {
        return lengths[copies.length];
      },
    };
    await send(narrow, sim.putCertificates, new Uint8Array(290));
    expect(copies.map((apdu) => [apdu[0], apdu[4]])).toEqual([
      [0x10, 100],
      [0x10, 100],
      [0x10, 60],
      [0x00, 30],
    ]);
  });

  it('sends a command that takes no chain whole, in extended length where it must be', async () => {
    const { transport, copies } = always(`${'31'.repeat(10)}9000`);
    const narrow: Transport = { ...transport, longestData: 20 };
    await send(narrow, catalogue['card-manager'].putKey, new Uint8Array(101));
    expect(copies.map((apdu) => apdu.length)).toEqual([4 + 1 + 100 + 1]);
  });
});

describe('sendStreamed', () => {
  it('sends a message of any length in parts', async () => {
    const { transport, copies } = always('9000');
    const message = new Uint8Array(100_001).map((_, i) => i);
    await sendStreamed(transport, sim.hash, message);
    expect(copies.length).toBe(Math.ceil(100_001 / 255));
    expect(copies.slice(0, -1).every((apdu) => apdu[0] === 0x10)).toBe(true);
    expect(copies.at(-1)?.[0]).toBe(0x00);
    expect(Buffer.concat(copies.map((apdu) => apdu.subarray(5))).equals(message)).toBe(true);
  });

  it('sends an empty message as one command', async () => {
    const { transport, copies } = always('9000');
    await sendStreamed(transport, sim.hash, new Uint8Array(0));
    expect(copies.map(toUpperHex)).toEqual(['002A9080']);
  });
});

describe('send, of what comes back', () => {
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

const newKey = { role: undefined, usage: undefined, policy: undefined };
const person = () => ({ ...personalisation(), pinRules: undefined, forbiddenPins: undefined });

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
      () => ({ ...person(), pin: pinBlock(utf8('1234')), puk: pukBlock(utf8('12345678')) }),
    ],
    [
      'IMPORT KEY',
      sim.importKey,
      () => ({ ...newKey, reference: 1, curve: 'P-256', secret: new Uint8Array(32).fill(1) }),
    ],
    [
      'CONFIRM',
      sim.confirmWithPin,
      () => ({ pin: pinBlock(utf8('1234')), hash: new Uint8Array(32).fill(2) }),
    ],
    [
      'RESET RETRY COUNTER of the duress PIN',
      sim.setDuressPin,
      () => ({ puk: pukBlock(utf8('12345678')), duressPin: pinBlock(utf8('4321')) }),
    ],
  ];

  it.each(secrets)('%s: the APDU is zeros after a good answer', async (_, command, request) => {
    // IMPORT KEY answers a public key.
    const { transport, buffers } = always(
      `${command.response.max > 0 ? `7F49228620${'22'.repeat(32)}` : ''}9000`,
    );
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
