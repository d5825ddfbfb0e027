// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type CardMemory, createCard, volatileMemory } from '../../applet-sim/index.ts';
import { openAdministrator, personalise } from './support/administrator.ts';
import { apdus, send, statusOf } from './support/apdu.ts';

const random32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const FCI = '6F108407F04253494D0100A5059F65021000';

describe('a card with profile t1', () => {
  it('answers directly, whatever Le allows it', () => {
    const card = createCard();
    expect(send(card, '00A4040007F04253494D010000')).toEqual([`${FCI}9000`]);
    expect(send(card, '00A4040007F04253494D010012')).toEqual([`${FCI}9000`]);
    expect(send(card, '00A4040000000007F04253494D01000000')).toEqual(['6700']);
    expect(send(card, '00A40400000007F04253494D01000000')).toEqual([`${FCI}9000`]);
  });

  it('says with 61XX what is left when Le is too small, and gives it in parts', () => {
    const card = createCard();
    expect(send(card, '00A4040007F04253494D010005')).toEqual([`${FCI.slice(0, 10)}610D`]);
    expect(send(card, '00C0000004')).toEqual([`${FCI.slice(10, 18)}6109`]);
    expect(send(card, '00C00000FF')).toEqual([`${FCI.slice(18)}9000`]);
    expect(send(card, '00C0000001')).toEqual(['6985']);
  });

  it('gives nothing to a command without Le, and all to GET RESPONSE', () => {
    const card = createCard();
    expect(send(card, '00A4040007F04253494D0100', '00C00000', '00C0000000')).toEqual([
      '6112',
      '6112',
      `${FCI}9000`,
    ]);
  });

  it('forgets the rest of a response with the next command', () => {
    const card = createCard();
    send(card, apdus.select);
    expect(send(card, '0084000004', '00CAFF2100', '00C000001C').slice(1)).toEqual(['9000', '6985']);
    expect(send(card, '0084000004', '00FE0000', '00C000001C').slice(1)).toEqual(['6D00', '6985']);
  });

  it('gives an empty response without data', () => {
    const card = createCard();
    expect(send(card, apdus.select, '00CAFF2100', '00CAFF21', '00CAFF21000000').slice(1)).toEqual([
      '9000',
      '9000',
      '9000',
    ]);
  });
});

describe('a card with profile t0', () => {
  it('answers a command with data through 61XX, whatever its Le', () => {
    const card = createCard({ profile: 't0' });
    for (const le of ['', '00', '12', '05', 'FF'])
      expect(send(card, `00A4040007F04253494D0100${le}`, '00C0000012')).toEqual(['6112', `${FCI}9000`]);
  });

  it('gives a waiting response in parts, and says the right length when asked for more', () => {
    const card = createCard({ profile: 't0' });
    expect(send(card, '00A4040007F04253494D0100', '00C0000005')).toEqual(['6112', `${FCI.slice(0, 10)}610D`]);
    expect(send(card, '00C00000FF', '00C0000000', '00C00000')).toEqual(['6C0D', '6C0D', '6C0D']);
    expect(send(card, '00C000000D', '00C000000D')).toEqual([`${FCI.slice(10)}9000`, '6985']);
  });

  it('says the right length of a response to a command without data', () => {
    const card = createCard({ profile: 't0' });
    expect(send(card, '00A4040000', '00A40400', '00A4040013', '00A4040012')).toEqual([
      '6C12',
      '6C12',
      '6C12',
      `${FCI}9000`,
    ]);
  });

  it('gives after 6CXX the response that it had, so that nothing is carried out twice', () => {
    const drawn: number[] = [];
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(drawn.push(length));
    const card = createCard({ profile: 't0', random });
    send(card, apdus.select);
    expect(send(card, '0084000000', '0084000010', '0084000020')).toEqual([
      '6C20',
      '6C20',
      `${'01'.repeat(32)}9000`,
    ]);
    expect(drawn).toEqual([32]);
    expect(send(card, '0084000020')).toEqual([`${'02'.repeat(32)}9000`]);
  });

  it('forgets after another command the response that 6CXX announced', () => {
    const drawn: number[] = [];
    const random = (length: number): Uint8Array => new Uint8Array(length).fill(drawn.push(length));
    const card = createCard({ profile: 't0', random });
    send(card, apdus.select, '0084000000', '00CAFF2100');
    expect(send(card, '0084000020')).toEqual([`${'02'.repeat(32)}9000`]);
  });

  it('signs a kept digest once over 6CXX', () => {
    const card = createCard({ profile: 't0' });
    personalise(card, apdus.generate(1, 1));
    send(card, apdus.verify, apdus.chooseSignatureKey(1), '002A908003616263');
    const [asked, given, again] = send(card, '002A9E9A00', '002A9E9A40', '002A9E9A40');
    expect(asked).toBe('6C40');
    expect(given).toMatch(/^[0-9A-F]{128}9000$/);
    expect(again).toBe('6985');
  });
});

describe('a card', () => {
  it('selects no application by itself, neither when it is made nor after reset nor after power', () => {
    const card = createCard();
    expect(statusOf(card, apdus.information)).toBe('6D00');
    for (const restart of [card.reset, card.powerOff]) {
      expect(statusOf(card, apdus.select, apdus.information)).toBe('9000');
      restart();
      expect(statusOf(card, apdus.information)).toBe('6D00');
    }
  });

  it('loses transient memory with power: PIN, chosen key, chain and waiting response', () => {
    const card = createCard();
    personalise(card, apdus.generate(1, 1));
    send(card, apdus.verify, apdus.chooseSignatureKey(1), '002A908003616263');
    expect(statusOf(card, '002A9E9A00')).toBe('9000');
    send(card, '0070000001', '002A908003616263', '102A9080026162');
    card.powerOff();
    expect(statusOf(card, '0170000001')).toBe('6881');
    expect(statusOf(card, apdus.select, '002A9E9A00')).toBe('6982');
    expect(statusOf(card, apdus.verify, '002A9E9A00')).toBe('6985');
    expect(statusOf(card, apdus.chooseSignatureKey(1), '002A9E9A00')).toBe('6985');
  });

  it('declares the algorithms that it was given, and makes keys on no other', () => {
    const card = createCard({ algorithms: ['Ed25519', 'P-256'] });
    expect(send(card, apdus.select, apdus.information).at(-1)).toContain('83020301');
    const administrator = openAdministrator(card);
    expect(administrator.send(apdus.generate(1, 2))).toEqual(['6A80']);
    expect(administrator.send(apdus.generate(1, 3))).toEqual([expect.stringMatching(/9000$/)]);
  });

  it('keeps its state in its memory, from one card to the next', () => {
    const memory = volatileMemory();
    const first = createCard({ memory });
    personalise(first, apdus.generate(5, 1));
    send(first, apdus.verifyWrong);
    const [key] = send(first, apdus.readKey(5));
    first.close();
    const second = createCard({ memory });
    expect(send(second, apdus.select, apdus.readKey(5)).at(-1)).toBe(key);
    expect(statusOf(second, apdus.verifyWrong)).toBe('63C1');
  });

  it('writes its memory only for commands that change something, and once but for counters', () => {
    const kept = volatileMemory();
    let writes = 0;
    const memory: CardMemory = {
      ...kept,
      write: (changes) => {
        writes++;
        kept.write(changes);
      },
    };
    const card = createCard({ memory });
    const written = (work: () => unknown): number => {
      const before = writes;
      work();
      return writes - before;
    };
    const plain =
      (...commands: readonly string[]) =>
      (): unknown =>
        send(card, ...commands);
    expect(written(plain(apdus.select, apdus.information, apdus.directory, '0084000020'))).toBe(0);
    let administrator = openAdministrator(card);
    // Its try; the try given back, the sequence counter and the entry of the log at once.
    expect(
      written(() => {
        administrator = openAdministrator(card);
      }),
    ).toBe(2);
    expect(written(() => administrator.send(apdus.generate(1, 1)))).toBe(1);
    expect(written(() => administrator.send(apdus.generate(1, 1), apdus.generate(2, 7)))).toBe(0);
    expect(written(() => administrator.send(apdus.storeData))).toBe(1);
    expect(written(plain(apdus.verifyWrong))).toBe(2);
    expect(written(plain(apdus.verify))).toBe(2);
    expect(written(plain('00200001', apdus.chooseSignatureKey(1), '002A908003616263'))).toBe(0);
    expect(written(plain('002A9E9A00'))).toBe(1);
    expect(written(plain(apdus.changePin))).toBe(2);
    expect(written(plain(apdus.unblock))).toBe(2);
    expect(written(plain('0024000110353637383930FFFF313233FFFFFFFFFF'))).toBe(0);
  });

  it('keeps what it was made with from its first write on, however it is opened later', () => {
    const memory = volatileMemory();
    const set = { version: 0x41, enc: random32(1), mac: random32(2), dek: random32(3) };
    const first = createCard({ memory, keySets: [set] });
    send(first, apdus.select);
    openAdministrator(first, { keys: set }).send(apdus.generate(1, 1));
    const second = createCard({ memory, lifeCycle: 'installed' });
    send(second, apdus.select);
    expect(openAdministrator(second, { keys: set }).send(apdus.readKey(1))).toEqual([
      expect.stringMatching(/9000$/),
    ]);
  });

  it('leaves the secrets of a command that a host may still need to it, unchanged', () => {
    const card = createCard();
    personalise(card);
    const apdu = Buffer.from(apdus.verify, 'hex');
    card.process(apdu);
    expect(apdu.toString('hex').toUpperCase()).toBe(apdus.verify);
    apdu.fill(0);
    expect(statusOf(card, apdus.verify)).toBe('9000');
  });

  it('answers 6F00 to a fault of its own, tells it, and changes nothing', () => {
    const faults: unknown[] = [];
    const broken = (): Uint8Array => {
      throw new RangeError('no randomness');
    };
    const card = createCard({ random: broken, onFault: (cause) => faults.push(cause) });
    send(card, apdus.select);
    expect(openAdministrator(card).send(apdus.generate(1, 1))).toEqual(['6F00']);
    expect(faults).toEqual([new RangeError('no randomness')]);
    expect(statusOf(card, apdus.readKey(1))).toBe('6A88');
  });

  it('throws when it is closed, and closes its memory once', () => {
    let closed = 0;
    const card = createCard({ memory: { ...volatileMemory(), close: () => closed++ } });
    card.close();
    card.close();
    expect(closed).toBe(1);
    expect(() => card.process(Uint8Array.of(0, 0xa4, 4, 0))).toThrow(
      expect.objectContaining({ code: 'emulator/card-closed' }),
    );
  });
});
