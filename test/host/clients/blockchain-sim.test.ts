// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, utf8 } from '../../../protocol/bytes.ts';
import { type Curve, curveNames } from '../../../protocol/crypto/curve.ts';
import { type PublicKey, publicKeyToSpki } from '../../../protocol/crypto/public-key.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { BLOCKCHAIN_SIM_AID } from '../../../protocol/identifiers/aid.ts';
import {
  openBlankCard,
  openPersonalisedCard,
  personalisation,
  replayed,
  testCard,
} from '../../support/cards.ts';

const SELECT = '00A4040007F04253494D010000';
const MSE_SIGNATURE = '002241B6';

/** The verdict of OpenSSL, by way of node:crypto. */
function opensslVerifies(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const spki = createPublicKey({ key: Buffer.from(publicKeyToSpki(key)), format: 'der', type: 'spki' });
  const algorithm = key.curve === 'Ed25519' ? null : 'sha256';
  return verify(algorithm, message, { key: spki, dsaEncoding: 'ieee-p1363' }, signature);
}

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
      version: Uint8Array.of(1, 0),
      lifeCycle: 'selectable',
      algorithms: curveNames,
      keySlots: 16,
      pinTries: 3,
      pukTries: 10,
    });
    await sim.storeData(personalisation());
    expect(await sim.iccid()).toBe(testCard.iccid);
    await expect(sim.imsi()).rejects.toMatchObject({ code: 'card/pin-required' });
    expect(await sim.pinStatus()).toEqual({ verified: false, triesLeft: 3 });
    await sim.verify(testCard.pin);
    expect(await sim.pinStatus()).toEqual({ verified: true, triesLeft: 3 });
    expect(await sim.imsi()).toBe(testCard.imsi);
    expect(await sim.keyDirectory()).toEqual([]);
    expect((await sim.getChallenge()).length).toBe(32);
  });

  it.each(curveNames)('makes a %s key, reads it and signs so that OpenSSL agrees', async (curve) => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(16, curve);
    expect(await sim.keyDirectory()).toEqual([{ reference: 16, curve }]);
    expect(await sim.readPublicKey(16)).toEqual(key);
    expect(await sim.readPublicKey(16, curve)).toEqual(key);
    const message = utf8('a message');
    const input = curve === 'Ed25519' ? message : sha256(message);
    expect(opensslVerifies(key, message, await sim.computeDigitalSignature(16, input))).toBe(true);
    const challenge = new Uint8Array(32).fill(9);
    const statement = concat(utf8('bsim/internal-authenticate/1'), Uint8Array.of(0), challenge);
    expect(opensslVerifies(key, statement, await sim.internalAuthenticate(16, challenge))).toBe(true);
  });

  it('signs what the card hashed itself, of 4,096 bytes in a chain', async () => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(1, 'P-256');
    const message = new Uint8Array(4096).fill(0x5a);
    await sim.hash(1, message);
    expect(opensslVerifies(key, message, await sim.computeDigitalSignature(1))).toBe(true);
  });

  it('sends a message of 4,096 bytes to an Ed25519 key in a chain', async () => {
    const { sim } = await openPersonalisedCard({ profile });
    const key = await sim.generateKeyPair(1, 'Ed25519');
    const message = new Uint8Array(4096).fill(0xa5);
    expect(opensslVerifies(key, message, await sim.computeDigitalSignature(1, message))).toBe(true);
  });
});

describe('PIN and PUK', () => {
  it('counts wrong PINs down, blocks, and is unblocked by the PUK', async () => {
    const { sim } = await openBlankCard();
    await sim.storeData(personalisation());
    for (const triesLeft of [2, 1])
      await expect(sim.verify(utf8('9999'))).rejects.toMatchObject({
        code: 'card/wrong-pin',
        details: { triesLeft },
      });
    await expect(sim.verify(utf8('9999'))).rejects.toMatchObject({
      code: 'card/pin-blocked',
      details: { unblockWith: 'PUK' },
    });
    await expect(sim.verify(testCard.pin)).rejects.toMatchObject({ code: 'card/pin-blocked' });
    expect(await sim.pinStatus()).toEqual({ verified: false, triesLeft: 0 });
    await expect(sim.resetRetryCounter(utf8('00000000'), utf8('2468'))).rejects.toMatchObject({
      code: 'card/wrong-puk',
      details: { triesLeft: 9 },
    });
    await sim.resetRetryCounter(testCard.puk, utf8('2468'));
    expect(await sim.pinStatus()).toEqual({ verified: true, triesLeft: 3 });
  });

  it('blocks the PUK for good after its last try', async () => {
    const { sim } = await openBlankCard();
    await sim.storeData(personalisation());
    const wrong = () => sim.resetRetryCounter(utf8('00000000'), utf8('2468'));
    for (let i = 0; i < 9; i++) await expect(wrong()).rejects.toMatchObject({ code: 'card/wrong-puk' });
    await expect(wrong()).rejects.toMatchObject({ code: 'card/puk-blocked' });
    await expect(sim.resetRetryCounter(testCard.puk, utf8('2468'))).rejects.toMatchObject({
      code: 'card/puk-blocked',
    });
  });

  it('changes the PIN', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.changeReferenceData(testCard.pin, utf8('86420'));
    await sim.select();
    await expect(sim.verify(testCard.pin)).rejects.toMatchObject({ code: 'card/wrong-pin' });
    await sim.verify(utf8('86420'));
  });

  it('refuses digits that are no PIN before anything is sent, and does not repeat them', async () => {
    const { sim, sent } = await openPersonalisedCard();
    const before = sent.length;
    for (const digits of ['123', '123456789', '12a4']) {
      const error = await sim.verify(utf8(digits)).catch((e) => e);
      expect(error).toMatchObject({ code: 'protocol/bad-pin' });
      expect(error.message).not.toContain(digits);
    }
    await expect(sim.resetRetryCounter(utf8('1234567'), testCard.pin)).rejects.toMatchObject({
      code: 'protocol/bad-pin',
    });
    expect(sent.length).toBe(before);
  });

  it('leaves the caller’s digits as they are', async () => {
    const { sim } = await openBlankCard();
    const person = personalisation();
    await sim.storeData(person);
    expect(person).toEqual(testCard);
    const pin = testCard.pin.slice();
    await sim.verify(pin);
    expect(pin).toEqual(testCard.pin);
  });

  it('asks a blank card in vain', async () => {
    const { sim } = await openBlankCard();
    await expect(sim.pinStatus()).rejects.toMatchObject({ code: 'card/not-personalised' });
    await expect(sim.verify(testCard.pin)).rejects.toMatchObject({ code: 'card/not-personalised' });
    await expect(sim.iccid()).rejects.toMatchObject({ code: 'card/not-personalised' });
  });

  it('personalises a card once', async () => {
    const { sim } = await openPersonalisedCard();
    await expect(sim.storeData(personalisation())).rejects.toMatchObject({
      code: 'card/already-personalised',
    });
  });
});

describe('keys', () => {
  it('refuses a curve that the card does not declare, and does not send the command', async () => {
    const { sim, sent } = await openPersonalisedCard({ algorithms: ['P-256', 'secp256k1'] });
    await expect(sim.generateKeyPair(1, 'Ed25519')).rejects.toMatchObject({
      code: 'card/algorithm-not-declared',
      details: { curve: 'Ed25519', declared: ['P-256', 'secp256k1'] },
    });
    expect(sent.filter((apdu) => apdu.startsWith('0047'))).toEqual([]);
  });

  it('asks what the card declares once, and again after SELECT', async () => {
    const { sim, sent } = await openPersonalisedCard();
    const asked = () => sent.filter((apdu) => apdu === '00CAFF2000').length;
    await sim.generateKeyPair(1, 'P-256');
    await sim.generateKeyPair(2, 'P-256');
    expect(asked()).toBe(1);
    await sim.select();
    await sim.verify(testCard.pin);
    await sim.generateKeyPair(3, 'P-256');
    expect(asked()).toBe(2);
  });

  it('refuses a slot that is taken, one beyond the last, and one that is empty', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await expect(sim.generateKeyPair(1, 'P-256')).rejects.toMatchObject({
      code: 'card/slot-taken',
      details: { reference: 1 },
    });
    await expect(sim.generateKeyPair(17, 'P-256')).rejects.toMatchObject({ code: 'card/no-such-key' });
    const missing = { code: 'card/no-such-key', details: { reference: 2 } };
    await expect(sim.readPublicKey(2)).rejects.toMatchObject(missing);
    await expect(sim.readPublicKey(2, 'P-256')).rejects.toMatchObject(missing);
    await expect(sim.computeDigitalSignature(2, new Uint8Array(32))).rejects.toMatchObject(missing);
    await expect(sim.internalAuthenticate(2, new Uint8Array(32))).rejects.toMatchObject(missing);
  });

  it('says card/malformed-response for a point that is none of the curve', async () => {
    const transport = replayed(`
      > 00 A4 04 00 07 F0 42 53 49 4D 01 00 00
      < 6F 10 84 07 F0 42 53 49 4D 01 00 A5 05 9F 65 02 10 00 90 00
      > 00 47 81 00 05 B6 03 84 01 01 00
      < 7F 49 43 86 41 04 ${'11'.repeat(64)} 90 00`);
    const sim = await openBlockchainSim(transport);
    await expect(sim.readPublicKey(1, 'P-256')).rejects.toMatchObject({
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
  const digest = new Uint8Array(32).fill(1);

  it('is sent when the key changes, and only then', async () => {
    const { sim, choices } = await withKeys('P-256', 'secp256k1');
    await sim.computeDigitalSignature(1, digest);
    await sim.computeDigitalSignature(1, digest);
    await sim.getChallenge();
    await sim.computeDigitalSignature(1, digest);
    expect(choices()).toEqual([`${MSE_SIGNATURE}03840101`]);
    await sim.computeDigitalSignature(2, digest);
    await sim.computeDigitalSignature(1, digest);
    expect(choices().length).toBe(3);
  });

  it('is another for signatures and for authentication', async () => {
    const { sim, choices } = await withKeys('P-256', 'P-256');
    await sim.computeDigitalSignature(1, digest);
    await sim.internalAuthenticate(2, digest);
    await sim.computeDigitalSignature(1, digest);
    await sim.internalAuthenticate(2, digest);
    expect(choices()).toEqual(['002241B603840101', '002241A403840102']);
  });

  it('is forgotten after an error', async () => {
    const { sim, choices } = await withKeys('P-256');
    await sim.computeDigitalSignature(1, digest);
    await expect(sim.readPublicKey(9, 'P-256')).rejects.toMatchObject({ code: 'card/no-such-key' });
    await sim.computeDigitalSignature(1, digest);
    expect(choices().length).toBe(2);
  });

  it('is forgotten after SELECT', async () => {
    const { sim, choices } = await withKeys('P-256');
    await sim.computeDigitalSignature(1, digest);
    await sim.select();
    await sim.verify(testCard.pin);
    await sim.computeDigitalSignature(1, digest);
    expect(choices().length).toBe(2);
  });

  it('holds for its own signature, however many are asked for at once', async () => {
    const { sim } = await withKeys(...curveNames);
    const keys = await Promise.all(curveNames.map((_, index) => sim.readPublicKey(index + 1)));
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const key = keys[i % 3] as PublicKey;
        const message = utf8(`message ${i}`);
        const input = key.curve === 'Ed25519' ? message : sha256(message);
        const signature = await sim.computeDigitalSignature((i % 3) + 1, input);
        expect(opensslVerifies(key, message, signature)).toBe(true);
      }),
    );
  });
});

describe('reset and removal in the middle', () => {
  it('after a reset that nobody reported, an operation fails by its status word and works from SELECT on', async () => {
    const { sim, card } = await openPersonalisedCard();
    const key = await sim.generateKeyPair(1, 'P-256');
    const digest = sha256(utf8('x'));
    await sim.computeDigitalSignature(1, digest);
    card.reset();
    await expect(sim.computeDigitalSignature(1, digest)).rejects.toMatchObject({
      code: 'card/unexpected-status',
      details: { sw: '6D00' },
    });
    await sim.select();
    await sim.verify(testCard.pin);
    expect(opensslVerifies(key, utf8('x'), await sim.computeDigitalSignature(1, digest))).toBe(true);
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

describe('a card that answers anything', () => {
  it('makes every method end with a ToolkitError or a value, never otherwise', async () => {
    const selected = fromHex('6F108407F04253494D0100A5059F65021000 9000');
    const answer = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }).map((body) => concat(body, fromHex('9000'))),
      fc.constantFrom('61FF', '6CFF', '9000', '63C1', '6983', '').map(fromHex),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 8 }),
        fc.nat(15),
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
          const methods: readonly (() => Promise<unknown>)[] = [
            () => sim.select(),
            () => sim.applicationInformation(),
            () => sim.keyDirectory(),
            () => sim.iccid(),
            () => sim.imsi(),
            () => sim.getChallenge(),
            () => sim.storeData(personalisation()),
            () => sim.verify(testCard.pin),
            () => sim.pinStatus(),
            () => sim.changeReferenceData(testCard.pin, testCard.pin),
            () => sim.resetRetryCounter(testCard.puk, testCard.pin),
            () => sim.generateKeyPair(1, 'P-256'),
            () => sim.readPublicKey(1),
            () => sim.hash(1, new Uint8Array(300)),
            () => sim.computeDigitalSignature(1, new Uint8Array(32)),
            () => sim.internalAuthenticate(1, new Uint8Array(16)),
          ];
          const outcome = await (methods[which] as () => Promise<unknown>)().then(
            () => undefined,
            (error) => error,
          );
          expect(outcome === undefined || outcome instanceof ToolkitError).toBe(true);
        },
      ),
      { numRuns: 1000 },
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
