// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { openCardManager } from '../../../host/clients/card-manager.ts';
import { CardError } from '../../../host/errors.ts';
import { withGetResponse } from '../../../host/layers/get-response.ts';
import { withSecureChannel } from '../../../host/layers/secure-channel.ts';
import { send } from '../../../host/send.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../../protocol/commands/card/index.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import type { Transport } from '../../../protocol/transport.ts';
import {
  openAdministeredCard,
  openBlankCard,
  openPersonalisedCard,
  personalisation,
  tap,
  testCard,
  testKeys,
} from '../../support/cards.ts';

/** A transport whose commands and answers can be bent on their way. */
function bent(inner: Transport) {
  const bend = {
    command: (apdu: Uint8Array): Uint8Array => apdu,
    answer: (answer: Uint8Array): Uint8Array => answer,
  };
  const transport: Transport = {
    ...inner,
    transmit: async (apdu) => bend.answer(await inner.transmit(bend.command(apdu))),
  };
  return { bend, transport };
}
const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ 0x01;
  return changed;
};

describe('opening a secure channel', () => {
  it('with the keys of another card costs no try, however often', async () => {
    const { sim, sent } = await openBlankCard();
    const wrong = { ...testKeys(), mac: new Uint8Array(16) };
    for (let i = 0; i < 12; i++)
      await expect(sim.openSecureChannel(wrong)).rejects.toMatchObject({
        code: 'card/wrong-card-cryptogram',
      });
    expect(sent.filter((apdu) => apdu.startsWith('8482'))).toEqual([]);
    await sim.openSecureChannel(testKeys());
  });

  it('says card/secure-channel-refused where the card does not take the host, and card/key-set-locked after ten times', async () => {
    const { bend, transport } = bent(emulatorTransport(createCard()));
    const sim = await openBlockchainSim(transport);
    bend.command = (apdu) => (apdu[1] === 0x82 ? flip(apdu, 8) : apdu);
    for (let i = 0; i < 10; i++)
      await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({
        code: 'card/secure-channel-refused',
        details: { version: 0x30 },
      });
    await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({
      code: 'card/key-set-locked',
      details: { version: 0x30 },
    });
  });

  it('says card/no-such-key-set for a version that the card has not', async () => {
    const { sim } = await openBlankCard();
    await expect(sim.openSecureChannel(testKeys(0x44))).rejects.toMatchObject({
      code: 'card/no-such-key-set',
      details: { version: 0x44 },
    });
  });

  it('asks for the first key set where the keys are looked up, and tells what the card named', async () => {
    const { sim, sent } = await openBlankCard({ keySets: [testKeys(0x21), testKeys(0x22)] });
    let named: number | undefined;
    await sim.openSecureChannel((response) => {
      named = response.kvn;
      return testKeys(response.kvn);
    });
    expect(named).toBe(0x21);
    expect(sent.at(-2)?.slice(0, 10)).toBe('8050000008');
    await sim.openSecureChannel(testKeys(0x22));
    expect(sent.at(-2)?.slice(0, 10)).toBe('8050220008');
  });

  it('leaves the keys of the caller as they are', async () => {
    const { sim } = await openBlankCard();
    const keys = testKeys();
    await sim.openSecureChannel(keys);
    await sim.closeSecureChannel();
    expect(keys).toEqual(testKeys());
  });

  const profiles = (['S8', 'S16'] as const).flatMap((mode) =>
    (['pseudo-random', 'random'] as const).flatMap((challenge) =>
      [0x01, 0x03, 0x11, 0x13, 0x33].map((level) => ({ mode, challenge, level })),
    ),
  );
  it.each(profiles)(
    'works in mode $mode with $challenge challenges at level $level, for data of any length',
    async ({ mode, challenge, level }) => {
      const { sim } = await openBlankCard({ scp03: { mode, challenge } });
      await sim.openSecureChannel(testKeys(), { level });
      for (const length of [1, 239, 240, 247, 248, 255, 2048]) {
        const data = new Uint8Array(length).fill(length);
        await sim.putCertificates(data);
        expect(await sim.certificates()).toEqual(data);
      }
    },
  );

  it('works on T=0, where each answer is fetched, also between the parts of a chain', async () => {
    const { sim } = await openAdministeredCard({ profile: 't0' });
    const data = new Uint8Array(2048).fill(7);
    await sim.putCertificates(data);
    expect(await sim.certificates()).toEqual(data);
    await sim.storeData(personalisation());
    expect(await sim.iccid()).toBe(testCard.iccid);
  });
});

describe('inside a secure channel', () => {
  it('every command of the application is protected, and no command of the card', async () => {
    const { sim, sent, transport } = await openAdministeredCard();
    const before = sent.length;
    await sim.getChallenge();
    await sim.generateKeyPair(1, 'P-256');
    await sim.signMessage(1, new Uint8Array(600));
    const classes = sent.slice(before).map((apdu) => Number.parseInt(apdu.slice(0, 2), 16) & 0x04);
    expect(classes.length).toBeGreaterThan(5);
    expect(classes.every((bit) => bit !== 0)).toBe(true);

    const secure = withSecureChannel(withGetResponse(transport));
    await send(secure, cardCommands.select, aidBytes(BLOCKCHAIN_SIM_AID));
    await secure.openSecureChannel(testKeys());
    expect(await send(secure, cardCommands.openChannel, undefined)).toBe(1);
    expect(sent.at(-1)).toBe('0070000000');
    expect(secure.securityLevel()).toBe(0x33);
  });

  it('less data fits into one command, as the level leaves room', async () => {
    const { transport } = await openBlankCard();
    const secure = withSecureChannel(withGetResponse(transport));
    await send(secure, cardCommands.select, aidBytes(BLOCKCHAIN_SIM_AID));
    expect(secure.longestData ?? 255).toBe(255);
    // 255 less a MAC of 8, in whole blocks of 16 with a byte of padding at least.
    await secure.openSecureChannel(testKeys());
    expect(secure.longestData).toBe(239);
    await secure.openSecureChannel(testKeys(), { level: 0x01 });
    expect(secure.longestData).toBe(247);
    secure.closeSecureChannel();
    expect(secure.longestData ?? 255).toBe(255);
  });

  it('no secret of the administrator goes out unencrypted: it is refused before it is sent', async () => {
    const { sim, sent } = await openBlankCard();
    for (const level of [0x01, 0x11]) {
      await sim.openSecureChannel(testKeys(), { level });
      const before = sent.length;
      await expect(sim.storeData(personalisation())).rejects.toMatchObject({
        code: 'card/administrator-required',
        message: expect.stringContaining('does not encrypt'),
      });
      expect(sent.length).toBe(before);
      // The channel is as good as before.
      await sim.generateKeyPair(level, 'P-256').catch(() => {});
      await sim.putCertificates(Uint8Array.of(1));
    }
  });

  it('a missing PIN does not end it', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'secp256k1', { role: 'wallet' });
    await sim.select();
    await sim.openSecureChannel(testKeys());
    await expect(sim.readPublicKey(1, { curve: 'secp256k1' })).rejects.toMatchObject({
      code: 'card/pin-required',
    });
    await sim.block();
    expect((await sim.applicationInformation()).lifeCycle).toBe('blocked');
  });

  it('a refusal for another reason does not end it', async () => {
    const { sim } = await openAdministeredCard();
    await expect(sim.readPublicKey(9, { curve: 'P-256' })).rejects.toMatchObject({
      code: 'card/no-such-key',
    });
    await sim.generateKeyPair(9, 'P-256');
  });
});

describe('the end of a secure channel', () => {
  const opened = async () => {
    const card = createCard();
    const { bend, transport } = bent(emulatorTransport(card));
    const { sent, transport: tapped } = tap(transport);
    return { bend, sent, sim: await openBlockchainSim(tapped), card };
  };
  const expectPlain = async ({ sim, sent }: Awaited<ReturnType<typeof opened>>): Promise<void> => {
    await sim.getChallenge();
    expect(sent.at(-1)).toBe('0084000000');
    await expect(sim.factoryReset()).rejects.toMatchObject({ code: 'card/administrator-required' });
  };

  it('comes with SELECT', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    await session.sim.select();
    await expectPlain(session);
  });

  it('comes when it is closed, and a new one can be opened', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    await session.sim.closeSecureChannel();
    await expectPlain(session);
    await session.sim.openSecureChannel(testKeys());
    await session.sim.factoryReset();
  });

  it('comes with a command that was changed on its way', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    session.bend.command = (apdu) => flip(apdu, apdu.length - 2);
    await expect(session.sim.getChallenge()).rejects.toMatchObject({
      code: 'card/secure-channel-lost',
      details: { command: 'GET CHALLENGE' },
    });
    session.bend.command = (apdu) => apdu;
    await expectPlain(session);
  });

  it('comes with an answer that was changed on its way, in any byte', async () => {
    for (const at of [0, 15, 31, 40, 50]) {
      const session = await opened();
      await session.sim.openSecureChannel(testKeys());
      session.bend.answer = (answer) => flip(answer, Math.min(at, answer.length - 3));
      await expect(session.sim.getChallenge()).rejects.toMatchObject({
        code: 'card/secure-channel-lost',
        cause: { code: 'protocol/bad-secure-message' },
      });
      session.bend.answer = (answer) => answer;
      await expectPlain(session);
    }
  });

  it('comes with an answer that is cut off', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    session.bend.answer = () => fromHex('9000');
    await expect(session.sim.getChallenge()).rejects.toMatchObject({ code: 'card/secure-channel-lost' });
  });

  it('comes with a transport that fails', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    session.bend.answer = () => {
      throw new CardError('card/reset', 'reset', { reader: 'test' });
    };
    await expect(session.sim.getChallenge()).rejects.toMatchObject({ code: 'card/reset' });
    session.bend.answer = (answer) => answer;
    await expectPlain(session);
  });

  it('comes with a reset that nobody reported, and shows at the next command', async () => {
    const session = await opened();
    await session.sim.openSecureChannel(testKeys());
    session.card.reset();
    await expect(session.sim.getChallenge()).rejects.toBeInstanceOf(CardError);
    await session.sim.select();
    await expectPlain(session);
  });

  it('comes on the card with another client’s INITIALIZE UPDATE', async () => {
    const { sim, transport } = await openAdministeredCard();
    const manager = await openCardManager(transport);
    await manager.openSecureChannel(testKeys());
    await expect(sim.putCertificates(utf8('x'))).rejects.toBeInstanceOf(CardError);
  });
});

describe('a card that answers anything', () => {
  it('makes opening and using a secure channel end with a ToolkitError or a value', async () => {
    const answer = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ minLength: 29, maxLength: 48 }).map((body) => concat(body, fromHex('9000'))),
      fc.constantFrom('6982', '6983', '9000', '6700', '6300', '9100').map(fromHex),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
        let next = 0;
        const secure = withSecureChannel(
          emulatorTransport({
            atr: new Uint8Array(0),
            process: () => answers[next++ % answers.length] as Uint8Array,
          }),
        );
        for (const work of [
          () => secure.openSecureChannel(testKeys()),
          () => send(secure, blockchainSimCommands.getChallenge, undefined),
        ]) {
          const outcome = await work().then(
            () => undefined,
            (error) => error,
          );
          expect(outcome === undefined || outcome instanceof ToolkitError, String(outcome)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('makes an open one end with a ToolkitError or a value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2, maxLength: 80 }), async (answer) => {
        const { bend, transport } = bent(emulatorTransport(createCard()));
        const sim = await openBlockchainSim(transport);
        await sim.openSecureChannel(testKeys());
        bend.answer = () => answer;
        const outcome = await sim.getChallenge().catch((error) => error);
        expect(outcome).toBeInstanceOf(ToolkitError);
        expect(toUpperHex(answer)).not.toBe('');
      }),
      { numRuns: 100 },
    );
  });
});
