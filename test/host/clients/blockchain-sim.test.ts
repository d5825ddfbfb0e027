// SPDX-License-Identifier: Apache-2.0
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { type BlockchainSim, openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, utf8 } from '../../../protocol/bytes.ts';
import { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import {
  cardCurveNames,
  parseCardPublicKey,
  uncompressedCardPublicKey,
} from '../../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import { noPinRules } from '../../../protocol/pin-rules.ts';
import { signatureFault } from '../../conformance/independent-signature.ts';
import {
  openBlankCard,
  openPersonalisedCard,
  personalisation,
  replayed,
  testCard,
  testKeys,
} from '../../support/cards.ts';

const SELECT = '00A4040007F04253494D010000';
const basePoint = parseCardPublicKey('P-256', p256.Point.BASE.toBytes());

describe('openBlockchainSim', () => {
  it('selects the application by its whole AID', async () => {
    const { sent } = await openBlankCard();
    expect(sent).toEqual([SELECT]);
  });

  it('says card/application-not-found on a card without it', async () => {
    const usim = replayed(`> 00 A4 04 00 07 F0 42 53 49 4D 01 00 00\n< 6A 82`);
    await expect(openBlockchainSim(usim)).rejects.toMatchObject({
      code: 'card/application-not-found',
      details: { aid: BLOCKCHAIN_SIM_AID },
    });
  });
});

describe.each(['t1', 't0'] as const)('the client on %s', (profile) => {
  it('takes a blank card through personalisation, PIN, keys and signatures', async () => {
    const { sim } = await openBlankCard({ profile });
    expect(await sim.applicationInformation()).toEqual({
      version: Uint8Array.of(2, 0),
      lifeCycle: 'selectable',
      algorithms: cardCurveNames,
      keySlots: 16,
      pinTries: 3,
      pukTries: 10,
      hashes: cardHashNames,
      confirmation: 'pin',
      pinRules: noPinRules,
    });
    await sim.openSecureChannel(testKeys());
    await sim.storeData(personalisation());
    await sim.closeSecureChannel();
    expect(await sim.iccid()).toBe(testCard.iccid);
    await expect(sim.imsi()).rejects.toMatchObject({ code: 'card/pin-required' });
    expect(await sim.pinStatus()).toEqual({ verified: false, triesLeft: 3 });
    await sim.verify(testCard.pin);
    expect(await sim.pinStatus()).toEqual({ verified: true, triesLeft: 3 });
    expect(await sim.imsi()).toBe(testCard.imsi);
    expect(await sim.keyDirectory()).toEqual([]);
    expect((await sim.getChallenge()).length).toBe(32);
    await sim.generateKeyPair(1, 'P-256');
    expect((await sim.signMessage(1, utf8('x'))).length).toBe(64);
  });
});

describe('a public key', () => {
  it('says card/malformed-response for a point that is none of the curve', async () => {
    const transport = replayed(`
      > 00 A4 04 00 07 F0 42 53 49 4D 01 00 00
      < 6F 10 84 07 F0 42 53 49 4D 01 00 A5 05 9F 65 02 10 00 90 00
      > 00 47 81 00 05 B6 03 84 01 01 00
      < 7F 49 43 86 41 04 ${'11'.repeat(64)} 90 00`);
    const sim = await openBlockchainSim(transport);
    await expect(sim.readPublicKey(1, { curve: 'P-256' })).rejects.toMatchObject({
      code: 'card/malformed-response',
      cause: { code: 'protocol/bad-key' },
    });
  });
});

describe('the choice of a key', () => {
  const withKeys = async (...curves: readonly Curve[]) => {
    const opened = await openPersonalisedCard();
    for (const [index, curve] of curves.entries()) await opened.sim.generateKeyPair(index + 1, curve);
    return { ...opened, choices: () => opened.sent.filter((apdu) => apdu.startsWith('0022')) };
  };
  const message = utf8('a message');

  it('is sent when key, path or hash changes, and only then', async () => {
    const { sim, choices } = await withKeys('P-256', 'secp256k1');
    await sim.signMessage(1, message);
    await sim.signMessage(1, message);
    await sim.getChallenge();
    await sim.signMessage(1, message);
    // Control reference template, tag 84 the key. Source: ISO/IEC 7816-4:2020 §11.6.11.
    expect(choices()).toEqual(['002241B603840101']);
    await sim.signMessage(2, message);
    await sim.signMessage(1, message);
    expect(choices().length).toBe(3);
    await sim.signMessage(1, message, { hash: 'SHA-512' });
    await sim.signMessage(1, message, { hash: 'SHA-512' });
    expect(choices().slice(3)).toEqual(['002241B606840101800102']);
    await sim.generateKeyPair(3, 'P-256', { role: 'wallet' });
    for (const path of [[1], [1], [1, 2]]) await sim.signMessage(3, message, { path });
    expect(choices().slice(4)).toEqual([
      '002241B609840103940400000001',
      '002241B60D84010394080000000100000002',
    ]);
  });

  it('is another for signatures, for authentication and for agreement', async () => {
    const { sim, choices } = await withKeys('P-256', 'P-256');
    const other = await sim.generateKeyPair(3, 'P-256', { role: 'agreement' });
    for (let i = 0; i < 2; i++) {
      await sim.signMessage(1, message);
      await sim.internalAuthenticate(2, new Uint8Array(16));
      await sim.agree(3, other);
    }
    expect(choices()).toEqual(['002241B603840101', '002241A403840102', '002241A603840103']);
  });

  it('is forgotten after an error', async () => {
    const { sim, choices } = await withKeys('P-256');
    await sim.signMessage(1, message);
    await expect(sim.readPublicKey(9, { curve: 'P-256' })).rejects.toMatchObject({
      code: 'card/no-such-key',
    });
    await sim.signMessage(1, message);
    expect(choices().length).toBe(2);
  });

  it('is forgotten after SELECT', async () => {
    const { sim, choices } = await withKeys('P-256');
    await sim.signMessage(1, message);
    await sim.select();
    await sim.verify(testCard.pin);
    await sim.signMessage(1, message);
    expect(choices().length).toBe(2);
  });
});

describe('reset and removal in the middle', () => {
  it('after a reset that nobody reported, an operation fails by its status word and works from SELECT on', async () => {
    const { sim, card } = await openPersonalisedCard();
    const { curve, bytes } = await sim.generateKeyPair(1, 'P-256');
    await sim.signMessage(1, utf8('x'));
    card.reset();
    await expect(sim.signMessage(1, utf8('x'))).rejects.toMatchObject({
      code: 'card/unexpected-status',
      details: { sw: '6D00' },
    });
    await sim.select();
    await sim.verify(testCard.pin);
    const signature = await sim.signMessage(1, utf8('x'));
    const point = uncompressedCardPublicKey({ curve, bytes });
    expect(signatureFault({ curve, point }, utf8('x'), signature)).toBeUndefined();
  });

  it.each(['card/reset', 'card/removed'])(
    'after %s the operation is repeated from SELECT on',
    async (code) => {
      const select = `> 00 A4 04 00 07 F0 42 53 49 4D 01 00 00
      < 6F 10 84 07 F0 42 53 49 4D 01 00 A5 05 9F 65 02 10 00 90 00`;
      const choose = '> 00 22 41 B6 03 84 01 01\n< 90 00';
      const sign = `> 00 2A 9E 9A 20 ${'07'.repeat(32)} 00`;
      const signed = `< ${'22'.repeat(64)} 90 00`;
      const transport = replayed(
        [select, choose, sign, signed, sign, `! ${code}`, select, choose, sign, signed].join('\n'),
      );
      const sim = await openBlockchainSim(transport);
      const digest = new Uint8Array(32).fill(7);
      const first = await sim.computeDigitalSignature(1, digest);
      await expect(sim.computeDigitalSignature(1, digest)).rejects.toMatchObject({ code });
      await sim.select();
      expect(await sim.computeDigitalSignature(1, digest)).toEqual(first);
      expect(transport.remaining()).toBe(0);
    },
  );
});

/** Each method of the client once, by its name. */
const everyMethod = (
  sim: BlockchainSim,
): readonly (readonly [keyof BlockchainSim, () => Promise<unknown>])[] => [
  ['select', () => sim.select()],
  ['applicationInformation', () => sim.applicationInformation()],
  ['keyDirectory', () => sim.keyDirectory()],
  ['iccid', () => sim.iccid()],
  ['imsi', () => sim.imsi()],
  ['log', () => sim.log()],
  ['certificates', () => sim.certificates()],
  ['getChallenge', () => sim.getChallenge()],
  ['verify', () => sim.verify(testCard.pin)],
  ['pinStatus', () => sim.pinStatus()],
  ['changeReferenceData', () => sim.changeReferenceData(testCard.pin, testCard.pin)],
  ['resetRetryCounter', () => sim.resetRetryCounter(testCard.puk, testCard.pin)],
  ['setDuressPin', () => sim.setDuressPin(testCard.puk, undefined)],
  ['generateKeyPair', () => sim.generateKeyPair(1, 'P-256')],
  ['readPublicKey', () => sim.readPublicKey(1)],
  ['readExtendedPublicKey', () => sim.readExtendedPublicKey(1, { path: [1] })],
  ['importKey', () => sim.importKey(1, 'P-256', new Uint8Array(32), { role: 'agreement' })],
  ['deleteKey', () => sim.deleteKey(1)],
  ['resetLimit', () => sim.resetLimit(1)],
  ['hash', () => sim.hash(1, new Uint8Array(300))],
  ['computeDigitalSignature', () => sim.computeDigitalSignature(1, new Uint8Array(32))],
  ['signMessage', () => sim.signMessage(1, new Uint8Array(300), { hash: 'SM3' })],
  [
    'signTransaction',
    () => sim.signTransaction(1, new Uint8Array(300), { confirm: async () => utf8('1234') }),
  ],
  ['internalAuthenticate', () => sim.internalAuthenticate(1, new Uint8Array(16))],
  ['agree', () => sim.agree(1, basePoint)],
  ['attest', () => sim.attest(1, new Uint8Array(16))],
  ['openSecureChannel', () => sim.openSecureChannel(testKeys())],
  ['closeSecureChannel', () => sim.closeSecureChannel()],
  ['generateAttestationKey', () => sim.generateAttestationKey()],
  ['readAttestationKey', () => sim.readAttestationKey()],
  ['putCertificates', () => sim.putCertificates(new Uint8Array(300))],
  ['storeData', () => sim.storeData(personalisation())],
  ['block', () => sim.block()],
  ['activate', () => sim.activate()],
  ['terminate', () => sim.terminate()],
  ['factoryReset', () => sim.factoryReset()],
];

describe('the client', () => {
  it('has a method for each command of the catalogue, but for those that only serve others', async () => {
    const { sim } = await openBlankCard();
    const served = /^(choose.*Key|confirmWithPin|terminalProfile|fetch|terminalResponse)$/;
    const renamed: Readonly<Record<string, keyof BlockchainSim>> = {
      getApplicationInformation: 'applicationInformation',
      getKeyDirectory: 'keyDirectory',
      getIccid: 'iccid',
      getImsi: 'imsi',
      getLog: 'log',
      getCertificates: 'certificates',
      generalAuthenticate: 'agree',
    };
    const expected = Object.keys(blockchainSimCommands)
      .filter((name) => !served.test(name))
      .map((name) => renamed[name] ?? name);
    const own = Object.keys(sim);
    expect(expected.filter((name) => !own.includes(name))).toEqual([]);
    // And the fuzzing below leaves none of them out.
    const fuzzed = everyMethod(sim).map(([name]) => name as string);
    expect(own.filter((name) => !fuzzed.includes(name)).toSorted()).toEqual(['close', 'name']);
  });
});

describe('a card that answers anything', () => {
  it('makes every method end with a ToolkitError or a value, never otherwise', async () => {
    const selected = fromHex('6F108407F04253494D0100A5059F65021000 9000');
    const answer = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }).map((body) => concat(body, fromHex('9000'))),
      fc
        .constantFrom('61FF', '6CFF', '9000', '63C1', '6982', '6983', '6985', '6A80', '9110', '')
        .map(fromHex),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 8 }),
        fc.nat(63),
        async (answers, which) => {
          let next = 0;
          const card = {
            atr: new Uint8Array(0),
            process: () => answers[next++ % answers.length] as Uint8Array,
          };
          let first = true;
          const sim = await openBlockchainSim(
            emulatorTransport({
              ...card,
              process: () => {
                if (!first) return card.process();
                first = false;
                return selected;
              },
            }),
          );
          const methods = everyMethod(sim);
          const [, method] = methods[which % methods.length] as (typeof methods)[number];
          const outcome = await method().then(
            () => undefined,
            (error) => error,
          );
          expect(outcome === undefined || outcome instanceof ToolkitError).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('close', () => {
  it('closes the transport, and with it the card', async () => {
    const card = createCard();
    const sim = await openBlockchainSim(emulatorTransport(card));
    await sim.close();
    await expect(sim.iccid()).rejects.toMatchObject({ code: 'card/closed' });
    expect(() => card.process(fromHex('00840000'))).toThrow(ToolkitError);
  });
});
