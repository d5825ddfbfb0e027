// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../applet-sim/index.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { isListed } from '../conformance/card.ts';
import { fixtureOf } from '../fuzz/fixture.ts';
import { durableOf } from '../fuzz/images.ts';
import { Finding } from '../fuzz/model/outcome.ts';
import { powered } from '../fuzz/model/state.ts';
import { judge } from '../fuzz/model.ts';
import { openFuzzer, type Played } from '../fuzz/sequence.ts';
import { shrink } from '../fuzz/shrink.ts';
import { openAdministrator } from './support/administrator.ts';
import { apdus, send } from './support/apdu.ts';

/** The whole is `npm run fuzz`, a million sequences of another seed each time. */
const SEED = 20_260_101;
const SEQUENCES = 1000;

const fuzzer = openFuzzer();

/** What was found, with what is needed to see it again. */
const report = ({ sequence, finding }: Played): string | undefined =>
  finding && `${finding.message}\n${JSON.stringify(sequence)}`;

describe('a card', () => {
  it(`does what its model says in ${SEQUENCES} random sequences of a fixed seed`, () => {
    for (let i = 0; i < SEQUENCES; i++) expect(report(fuzzer.play(SEED, i)), `sequence ${i}`).toBeUndefined();
  }, 120_000);

  it('gives no status word that the catalogue does not list, in 100 random sequences', () => {
    for (let i = 0; i < 100; i++)
      fuzzer.replay(fuzzer.play(SEED + 1, i).sequence, ({ wire, answer }) => {
        const sw = answer.slice(-4).toUpperCase();
        expect(isListed(fromHex(wire), sw), `${sw} to ${wire}`).toBe(true);
      });
  }, 60_000);

  it('holds no more of a chain than the longest data field, however many parts come', () => {
    const card = createCard();
    send(card, apdus.select);
    const administrator = openAdministrator(card, { level: 0x01 });
    const part = `10DAFF26C8${'5A'.repeat(200)}`;
    const answers = administrator.send(...Array.from({ length: 110 }, () => part));
    // 10 parts fit into 2,048 bytes; the next ends the chain, and one more begins a new one.
    expect(answers.findIndex((answer) => answer !== '9000')).toBe(10);
    expect(answers.filter((answer) => answer === '6700').length).toBe(10);
  });
});

describe('the same seed and number', () => {
  it('are the same sequence, and the next number is another', () => {
    const [first, again, next] = [3, 3, 4].map((index) => JSON.stringify(fuzzer.play(7, index).sequence));
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });
});

describe('the model', () => {
  const kind = { profile: 't1', confirmation: 'pin', mode: 'S8', challenge: 'pseudo-random' } as const;
  const SELECT = '00a4040007f04253494d010000';
  const FCI = '6f108407f04253494d0100a5059f65021000';
  /** Follows commands and the answers that a card might give. */
  const follow = (...exchanges: readonly (readonly [string, string])[]): void => {
    const s = powered(durableOf(fuzzer.image('with a duress PIN')), kind);
    for (const [wire, answer] of [[SELECT, `${FCI}9000`] as const, ...exchanges])
      judge(s, { wire: fromHex(wire) }, fromHex(answer));
  };
  const PIN = '002000010831323334ffffffff';
  const WRONG = '002000010839393939ffffffff';

  it('takes what a card must answer', () => {
    expect(() => follow([WRONG, '63c2'], [PIN, '9000'], ['00200001', '9000'])).not.toThrow();
  });

  it.each<readonly [string, readonly (readonly [string, string])[]]>([
    ['a wrong PIN that verifies', [[WRONG, '9000']]],
    ['a right PIN that does not', [[PIN, '63c2']]],
    ['a wrong PIN that costs no try', [[WRONG, '63c3']]],
    ['a PIN that is verified without having been', [['00200001', '9000']]],
    ['an IMSI without the PIN', [['00caff2200', '0809101000000000109000']]],
    ['6F00', [['00caff2000', '6f00']]],
    ['data with an error', [[WRONG, '0063c2']]],
    ['an answer of one byte', [['00caff2000', '90']]],
    [
      'a signature that is none',
      [
        [PIN, '9000'],
        ['002241b603840101', '9000'],
        [`002a9e9a20${'11'.repeat(32)}00`, `${'22'.repeat(64)}9000`],
      ],
    ],
    ['administration outside the secure channel', [['80fa0000', '9000']]],
    ['more than was asked for', [['00caff2001', `${'00'.repeat(2)}9000`]]],
  ])('finds %s', (_, exchanges) => {
    expect(() => follow(...exchanges)).toThrow(Finding);
  });

  it('finds the true key of a wallet in a session under duress', () => {
    const point = fuzzer.image('with a duress PIN').durable.keys.get(4)?.seen.get('true/') ?? '';
    const read = ['0047810005b60384010400', `7f49438641${point}9000`] as const;
    expect(() => follow([PIN, '9000'], read)).not.toThrow();
    expect(() => follow(['002000010838363432ffffffff', '9000'], read)).toThrow(Finding);
  });
});

describe('a sequence that fails', () => {
  it('is shrunk to the steps that it needs, and is printed as a fixture', () => {
    const { sequence } = fuzzer.play(SEED, 0);
    // A card that fails at every GET CHALLENGE stands for a card with a fault.
    const GET_CHALLENGE = '0084000000';
    const failing = {
      ...fuzzer,
      replay: (tried: typeof sequence) =>
        tried.steps.some((step) => step.do === 'send' && step.apdu === GET_CHALLENGE)
          ? new Finding(`${toHex(fromHex(GET_CHALLENGE))} fails`)
          : undefined,
    };
    const fault = { do: 'send', apdu: GET_CHALLENGE, fetch: true } as const;
    const long = { ...sequence, steps: [...sequence.steps, fault, ...sequence.steps] };
    const least = shrink(failing, { sequence: long, finding: new Finding('0084000000 fails') });
    expect(least.sequence.steps).toEqual([fault]);
    const fixture = fixtureOf(least, fuzzer.image(sequence.image), 'npm run fuzz');
    expect(fixture.sequences[0]?.steps.at(-1)).toMatchObject({ send: '00 84 00 00 00' });
  });
});
