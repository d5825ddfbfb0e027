// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../protocol/bytes.ts';
import {
  openAdministeredCard,
  openBlankCard,
  openPersonalisedCard,
  personalisation,
  testCard,
} from '../../../support/cards.ts';

describe('PIN and PUK', () => {
  it('counts wrong PINs down, blocks, and is unblocked by the PUK', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.select();
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
    const { sim } = await openPersonalisedCard();
    const wrong = () => sim.resetRetryCounter(utf8('00000000'), utf8('2468'));
    for (let i = 0; i < 9; i++) await expect(wrong()).rejects.toMatchObject({ code: 'card/wrong-puk' });
    await expect(wrong()).rejects.toMatchObject({ code: 'card/puk-blocked' });
    // The last try takes the card out of use.
    expect((await sim.applicationInformation()).lifeCycle).toBe('blocked');
    await expect(sim.resetRetryCounter(testCard.puk, utf8('2468'))).rejects.toMatchObject({
      code: 'card/wrong-life-cycle',
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
    const { sim } = await openAdministeredCard();
    const person = personalisation();
    await sim.storeData(person);
    expect(person).toEqual(testCard);
    const pin = testCard.pin.slice();
    await sim.verify(pin);
    expect(pin).toEqual(testCard.pin);
  });

  it('asks a blank card in vain', async () => {
    const { sim } = await openBlankCard();
    await expect(sim.pinStatus()).rejects.toMatchObject({ code: 'card/wrong-life-cycle' });
    await expect(sim.verify(testCard.pin)).rejects.toMatchObject({ code: 'card/wrong-life-cycle' });
    await expect(sim.iccid()).rejects.toMatchObject({ code: 'card/not-personalised' });
  });

  it('takes a duress PIN for the PUK, which opens other wallets, and takes it away again', async () => {
    const { sim } = await openPersonalisedCard();
    const real = await sim.generateKeyPair(1, 'secp256k1', { role: 'wallet' });
    const duress = utf8('4711');
    await expect(sim.setDuressPin(utf8('00000000'), duress)).rejects.toMatchObject({
      code: 'card/wrong-puk',
      details: { triesLeft: 9 },
    });
    await expect(sim.setDuressPin(testCard.puk, testCard.pin)).rejects.toMatchObject({
      code: 'card/pin-not-allowed',
    });
    await sim.setDuressPin(testCard.puk, duress);
    await sim.select();
    await sim.verify(duress);
    expect(await sim.readPublicKey(1)).not.toEqual(real);
    await sim.select();
    await sim.verify(testCard.pin);
    expect(await sim.readPublicKey(1)).toEqual(real);
    await sim.setDuressPin(testCard.puk, undefined);
    await sim.select();
    await expect(sim.verify(duress)).rejects.toMatchObject({ code: 'card/wrong-pin' });
    expect(duress).toEqual(utf8('4711'));
  });
});
