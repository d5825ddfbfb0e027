// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import type { CardPublicKey } from '../../../protocol/crypto/card-curve.ts';
import type { PublicKey } from '../../../protocol/crypto/public-key.ts';
import { verifySignature } from '../../../protocol/crypto/verify.ts';
import { encodeImsi } from '../../../protocol/identifiers/imsi.ts';
import { encryptData } from '../../../protocol/scp03/message-protection.ts';
import { secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import { deriveSessionKeys } from '../../../protocol/scp03/session-keys.ts';
import { personalisation, tap, testCard, testKeys } from '../../support/cards.ts';
import { honest, isInstruction, withSomebody } from './between.ts';

const INS = { chooseKey: 0x22, generate: 0x47, initializeUpdate: 0x50, externalAuthenticate: 0x82 };

async function opened(options: Parameters<typeof createCard>[0] = {}) {
  const card = createCard(options);
  const { seat, transport: bent } = withSomebody(emulatorTransport(card));
  const { sent, transport } = tap(bent);
  return { card, seat, sent, sim: await openBlockchainSim(transport) };
}
const seed = new Uint8Array(32).fill(0x5e);

describe('a secret of the administrator', () => {
  it('is not sent where no secure channel was ever opened', async () => {
    const { sim, sent } = await opened();
    const refused = {
      code: 'card/administrator-required',
      message: expect.stringContaining('no secure channel open'),
    };
    const before = sent.length;
    await expect(sim.storeData(personalisation())).rejects.toMatchObject(refused);
    expect(sent.length).toBe(before);
    await expect(sim.importKey(1, 'secp256k1', seed, { role: 'wallet' })).rejects.toMatchObject(refused);
    expect(sent.join(' ')).not.toContain(toUpperHex(seed));
  });

  it('is not sent after somebody broke the secure channel while it waited its turn', async () => {
    const { seat, sim, sent } = await opened();
    await sim.openSecureChannel(testKeys());
    seat.somebody = async () => fromHex('9000');
    const outcomes = await Promise.allSettled([
      sim.getChallenge(),
      sim.storeData(personalisation()),
      sim.importKey(1, 'secp256k1', seed, { role: 'wallet' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const all = sent.join(' ');
    for (const secret of [seed, testCard.pin, testCard.puk]) expect(all).not.toContain(toUpperHex(secret));
  });

  it('leaves no copy behind that the channel made of it', () => {
    const copies: Uint8Array[] = [];
    const isSeed = (bytes: Uint8Array): boolean => toUpperHex(bytes).includes(toUpperHex(seed));
    // Every buffer made while it runs, by way of what fills them.
    const { set } = Uint8Array.prototype;
    Uint8Array.prototype.set = function (this: Uint8Array, ...given: Parameters<typeof set>): void {
      set.apply(this, given);
      copies.push(this);
    };
    try {
      encryptData(new Uint8Array(16), 'command', 1, seed);
    } finally {
      Uint8Array.prototype.set = set;
    }
    expect(copies.length).toBeGreaterThan(0);
    expect(copies.filter(isSeed)).toEqual([]);
  });
});

describe('a secret that the card answers', () => {
  it('is in no buffer any more once it was read, but in what the caller gets', async () => {
    const answers: Uint8Array[] = [];
    const inner = emulatorTransport(createCard());
    const sim = await openBlockchainSim({
      ...inner,
      transmit: async (apdu) => {
        const answer = await inner.transmit(apdu);
        answers.push(answer);
        return answer;
      },
    });
    await sim.openSecureChannel(testKeys());
    const other = await sim.generateKeyPair(1, 'P-256', { role: 'agreement' });
    await sim.closeSecureChannel();
    await sim.select();
    await sim.openSecureChannel(testKeys(), { level: 0x03 });
    const shared = await sim.agree(1, other);
    await sim.storeData(personalisation());
    await sim.verify(testCard.pin);
    expect(await sim.imsi()).toBe(testCard.imsi);
    const all = answers.map(toUpperHex).join(' ');
    expect(all).not.toContain(toUpperHex(shared));
    expect(all).not.toContain(toUpperHex(encodeImsi(testCard.imsi)));
  });
});

describe('what was told outside of a secure channel', () => {
  it('chooses no key inside: a choice that somebody bent is made anew', async () => {
    const { seat, sim } = await opened();
    await sim.openSecureChannel(testKeys());
    const [first] = [await sim.generateKeyPair(1, 'P-256'), await sim.generateKeyPair(2, 'P-256')];
    await sim.closeSecureChannel();
    await sim.select();
    await sim.openSecureChannel(testKeys());
    await sim.storeData(personalisation());
    await sim.closeSecureChannel();
    await sim.verify(testCard.pin);
    seat.somebody = (apdu, handOn) => {
      const bent = apdu.slice();
      // The key reference is the first data object.
      if (isInstruction(apdu, INS.chooseKey)) bent[7] = 2;
      return handOn(bent);
    };
    await sim.signMessage(1, utf8('outside'), { curve: 'P-256' });
    seat.somebody = honest;
    await sim.openSecureChannel(testKeys());
    const message = utf8('inside');
    const signature = await sim.signMessage(1, message, { curve: 'P-256' });
    expect(verifySignature(signing(first), message, signature)).toBe(true);
  });

  it('is asked again inside: what the card is, and which curve a key has', async () => {
    const { sim, sent } = await opened();
    await sim.applicationInformation();
    await sim.openSecureChannel(testKeys());
    const before = sent.length;
    await sim.generateKeyPair(1, 'P-256');
    // Application information, then GENERATE, both protected.
    expect(sent.slice(before).map((apdu) => apdu.slice(0, 4))).toEqual(['04CA', '0447']);
  });
});

const signing = ({ bytes }: CardPublicKey): PublicKey => ({ curve: 'P-256', bytes });

describe('the opening of a secure channel', () => {
  it('refuses a key set of another version than was asked for', async () => {
    const { seat, sim, sent } = await opened();
    seat.somebody = async (apdu, handOn) => {
      const answer = (await handOn(apdu)).slice();
      if (isInstruction(apdu, INS.initializeUpdate)) answer[10] = 0x31;
      return answer;
    };
    await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({ code: 'card/no-such-key-set' });
    expect(sent.some((apdu) => apdu.startsWith('8482'))).toBe(false);
  });

  it.each([
    ['bare answers', 0x10],
    ['answers with a MAC, not encrypted', 0x30],
    ['mode S16', 0x71],
    ['random challenges', 0x60],
  ])('is not talked into less than was asked for by an i parameter of %s', async (_, i) => {
    const { seat, sim, sent } = await opened();
    seat.somebody = async (apdu, handOn) => {
      const answer = (await handOn(apdu)).slice();
      if (isInstruction(apdu, INS.initializeUpdate)) answer[12] = i;
      return answer;
    };
    await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({
      code: expect.stringMatching(/^card\/(secure-channel-unsupported|malformed-response)$/),
    });
    expect(sent.some((apdu) => apdu.startsWith('8482'))).toBe(false);
  });

  it('takes no INITIALIZE UPDATE answer a second time', async () => {
    const { seat, sim } = await opened();
    let first: Uint8Array | undefined;
    seat.somebody = async (apdu, handOn) => {
      if (!isInstruction(apdu, INS.initializeUpdate)) return handOn(apdu);
      first ??= await handOn(apdu);
      return first;
    };
    await sim.openSecureChannel(testKeys());
    await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({
      code: 'card/wrong-card-cryptogram',
    });
  });

  it('is no success where somebody says so for the card: the next command finds out', async () => {
    const { seat, sim } = await opened();
    seat.somebody = async (apdu, handOn) =>
      isInstruction(apdu, INS.externalAuthenticate) ? fromHex('9000') : handOn(apdu);
    await sim.openSecureChannel(testKeys());
    await expect(sim.getChallenge()).rejects.toMatchObject({ code: 'card/secure-channel-lost' });
  });

  it.each([0x00, 0x02, 0x10, 0x30, 0x23])('has no level %i, and wipes the session keys', (level) => {
    const session = deriveSessionKeys(testKeys(), new Uint8Array(8), new Uint8Array(8));
    expect(() => secureChannelHost(session, 'S8', level)).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-secure-message' }),
    );
    for (const key of [session.enc, session.mac, session.rmac, session.dek])
      expect(key.every((byte) => byte === 0)).toBe(true);
  });
});

describe('an answer inside a secure channel', () => {
  const bare = ['9000', '9100', '9110', '6100', '6200', '6283', '6300', '63C0', '63C2', '6982', '6A89'];
  it.each(bare)('is no success without its MAC: %s', async (word) => {
    const { seat, sim } = await opened();
    await sim.openSecureChannel(testKeys());
    seat.somebody = async (apdu, handOn) => {
      await handOn(apdu);
      return fromHex(word);
    };
    await expect(sim.factoryReset()).rejects.toBeInstanceOf(Error);
    await expect(sim.generateKeyPair(1, 'P-256')).rejects.toBeInstanceOf(Error);
    await expect(sim.getChallenge()).rejects.toBeInstanceOf(Error);
  });

  it('of another command is refused, also where both commands are the same', async () => {
    const { seat, sim } = await opened();
    await sim.openSecureChannel(testKeys());
    const answers: Uint8Array[] = [];
    seat.somebody = async (apdu, handOn) => {
      answers.push(await handOn(apdu));
      return answers[0] as Uint8Array;
    };
    const challenge = await sim.getChallenge();
    expect(challenge.length).toBe(32);
    await expect(sim.getChallenge()).rejects.toMatchObject({ code: 'card/secure-channel-lost' });
  });

  it('is refused with another status word, another key, or in part', async () => {
    const bends: readonly ((answer: Uint8Array) => Uint8Array)[] = [
      (answer) => concat(answer.subarray(0, -2), fromHex('6200')),
      (answer) => concat(answer.subarray(0, -2), fromHex('6310')),
      (answer) => answer.subarray(16),
      (answer) => answer.subarray(answer.length - 10),
      (answer) => concat(answer.subarray(0, 16), answer),
      (answer) => answer.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
    ];
    for (const bend of bends) {
      const { seat, sim } = await opened();
      await sim.openSecureChannel(testKeys());
      seat.somebody = async (apdu, handOn) => {
        const answer = await handOn(apdu);
        return isInstruction(apdu, INS.generate) ? bend(answer) : answer;
      };
      await expect(sim.generateKeyPair(1, 'P-256')).rejects.toMatchObject({
        code: 'card/secure-channel-lost',
      });
    }
  });

  it('never comes from a command that was held back and sent later', async () => {
    const { seat, sim, card } = await opened();
    await sim.openSecureChannel(testKeys());
    let held: Uint8Array | undefined;
    seat.somebody = async (apdu, handOn) => {
      if (held !== undefined) return handOn(apdu);
      held = apdu.slice();
      return fromHex('6A89');
    };
    await expect(sim.generateKeyPair(1, 'P-256')).rejects.toBeInstanceOf(Error);
    await expect(sim.getChallenge()).rejects.toBeInstanceOf(Error);
    expect(toUpperHex(card.process(held ?? new Uint8Array(0)))).toBe('6982');
  });
});
