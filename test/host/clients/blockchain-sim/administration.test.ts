// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../protocol/bytes.ts';
import { PIN_RULE } from '../../../../protocol/pin-rules.ts';
import { checkLog, logEventOfId } from '../../../../protocol/security-log.ts';
import {
  openAdministeredCard,
  openBlankCard,
  openPersonalisedCard,
  personalisation,
  testCard,
  testKeys,
} from '../../../support/cards.ts';

describe('the administrator', () => {
  it('is whoever opened a secure channel, and nobody else', async () => {
    const { sim } = await openBlankCard();
    const required = { code: 'card/administrator-required' };
    for (const work of [
      () => sim.storeData(personalisation()),
      () => sim.generateAttestationKey(),
      () => sim.putCertificates(Uint8Array.of(1)),
      () => sim.terminate(),
      () => sim.factoryReset(),
      () => sim.resetLimit(1),
    ])
      await expect(work()).rejects.toMatchObject(required);
    await expect(sim.generateKeyPair(1, 'P-256')).rejects.toMatchObject({ code: 'card/pin-required' });
    await sim.openSecureChannel(testKeys());
    await sim.generateKeyPair(1, 'P-256');
  });

  it('makes the attestation key once', async () => {
    const { sim } = await openAdministeredCard();
    await expect(sim.readAttestationKey()).rejects.toMatchObject({ code: 'card/no-attestation-key' });
    const key = await sim.generateAttestationKey();
    await expect(sim.generateAttestationKey()).rejects.toMatchObject({ code: 'card/attestation-key-exists' });
    await sim.closeSecureChannel();
    expect(await sim.readAttestationKey()).toEqual(key);
  });

  it('stores certificates, which anybody may read', async () => {
    const { sim } = await openAdministeredCard();
    expect(await sim.certificates()).toBeUndefined();
    const chain = new Uint8Array(900).fill(4);
    await sim.putCertificates(chain);
    await expect(sim.putCertificates(new Uint8Array(2049))).rejects.toMatchObject({
      code: 'protocol/bad-layout',
    });
    await sim.closeSecureChannel();
    expect(await sim.certificates()).toEqual(chain);
  });

  it('personalises a card once, with rules for its PINs', async () => {
    const { sim } = await openAdministeredCard();
    const person = {
      ...personalisation(),
      pinRules: { flags: PIN_RULE.noRepetition | PIN_RULE.noSequence, minimumLength: 5 },
      forbiddenPins: [utf8('20202'), utf8('13579')],
    };
    for (const pin of ['1234', '11111', '20202'])
      await expect(sim.storeData({ ...person, pin: utf8(pin) })).rejects.toMatchObject({
        code: 'card/pin-not-allowed',
      });
    await sim.storeData({ ...person, pin: utf8('90210') });
    expect((await sim.applicationInformation()).pinRules).toEqual(person.pinRules);
    await expect(sim.storeData(person)).rejects.toMatchObject({ code: 'card/already-personalised' });
    await expect(sim.changeReferenceData(utf8('90210'), utf8('13579'))).rejects.toMatchObject({
      code: 'card/pin-not-allowed',
    });
    await sim.changeReferenceData(utf8('90210'), utf8('86420'));
    expect(person.forbiddenPins).toEqual([utf8('20202'), utf8('13579')]);
  });

  it('takes a card out of use and into use again', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await sim.openSecureChannel(testKeys());
    await expect(sim.activate()).rejects.toMatchObject({ code: 'card/wrong-life-cycle' });
    await sim.block();
    expect((await sim.applicationInformation()).lifeCycle).toBe('blocked');
    await expect(sim.block()).rejects.toMatchObject({
      code: 'card/wrong-life-cycle',
      details: { command: 'DEACTIVATE FILE', states: ['personalised'] },
    });
    await sim.select();
    await expect(sim.verify(testCard.pin)).rejects.toMatchObject({ code: 'card/wrong-life-cycle' });
    await expect(sim.signMessage(1, utf8('x'))).rejects.toMatchObject({ code: 'card/not-possible' });
    await sim.openSecureChannel(testKeys());
    await sim.activate();
    await sim.closeSecureChannel();
    await sim.verify(testCard.pin);
    expect((await sim.signMessage(1, utf8('x'))).length).toBe(64);
  });

  it('makes a blank card of it again, whose log goes on', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.generateKeyPair(1, 'P-256');
    await sim.openSecureChannel(testKeys());
    const before = (await sim.log()).entries.at(-1)?.sequence ?? 0;
    await sim.factoryReset();
    expect((await sim.applicationInformation()).lifeCycle).toBe('selectable');
    expect(await sim.keyDirectory()).toEqual([]);
    const { entries } = await sim.log();
    const last = entries.at(-1);
    expect(last?.sequence).toBeGreaterThan(before);
    expect(logEventOfId(last?.event ?? 0)).toBe('factory-reset');
    await sim.storeData(personalisation());
  });

  it('ends a card for ever', async () => {
    const { sim } = await openPersonalisedCard();
    await sim.openSecureChannel(testKeys());
    await sim.terminate();
    expect((await sim.applicationInformation()).lifeCycle).toBe('terminated');
    for (const work of [() => sim.factoryReset(), () => sim.activate(), () => sim.generateAttestationKey()])
      await expect(work()).rejects.toMatchObject({ code: 'card/wrong-life-cycle' });
  });
});

describe('the log', () => {
  it('is whole, and for holder and administrator only', async () => {
    const { sim } = await openPersonalisedCard();
    const log = await sim.log();
    expect(log.entries.map(({ event }) => logEventOfId(event))).toContain('personalised');
    const sequence = BigInt(log.entries.at(-1)?.sequence ?? 0);
    expect(checkLog(log, { sequence, head: new Uint8Array(32) })).toBe('wrong-head');
    await sim.select();
    await expect(sim.log()).rejects.toMatchObject({ code: 'card/pin-required' });
    await sim.openSecureChannel(testKeys());
    expect((await sim.log()).entries.length).toBeGreaterThan(log.entries.length);
  });
});
