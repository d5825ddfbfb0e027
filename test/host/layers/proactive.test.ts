// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DisplayAnswer,
  type InkeyAnswer,
  TERMINAL_PROFILE,
  type Terminal,
  withTerminal,
} from '../../../host/layers/proactive.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { replayed } from '../../support/cards.ts';
import { readFixture } from '../../support/fixture.ts';

type Vector = {
  readonly sequence: string;
  readonly text: string;
  readonly command: string;
  readonly response: string;
};
const vectors = readFixture<{ displayText: Vector[]; getInkey: Vector[] }>('protocol/proactive.json');

/** A terminal that answers as told, and notes what it was shown. */
function terminalThat(answers: { readonly display?: DisplayAnswer; readonly inkey?: InkeyAnswer } = {}) {
  const shown: string[] = [];
  const terminal: Terminal = {
    displayText: async (text) => {
      shown.push(text);
      return answers.display ?? 'ok';
    },
    getInkey: async (question) => {
      shown.push(`? ${question}`);
      return answers.inkey ?? 'yes';
    },
  };
  return { terminal, shown };
}
const length = (hex: string): string => (hex.length / 2).toString(16).padStart(2, '0');
const transmit = async (transport: Transport, apdu: string): Promise<string> =>
  toUpperHex(await transport.transmit(fromHex(apdu)));

/** A card that announces one proactive command, and takes exactly that terminal response. */
const cardThatAsks = (command: string, response: string) =>
  replayed(`
    > 80 F2 00 00
    < 91 ${length(command)}
    > 80 12 00 00 00
    < ${command} 90 00
    > 80 14 00 00 ${length(response)} ${response}
    < 90 00`);

/** What the user of a published sequence does, by the result in its terminal response. */
const answerOf: Readonly<Record<string, DisplayAnswer>> = {
  '00': 'ok',
  '10': 'ended',
  '11': 'back',
  '12': 'no-response',
};

describe('withTerminal', () => {
  const shown = vectors.displayText.filter(({ response }) => answerOf[response.slice(-2)] !== undefined);
  it.each(shown)(
    'DISPLAY TEXT $sequence of 3GPP TS 31.124: shows it and answers to the byte',
    async (vector) => {
      const display = answerOf[vector.response.slice(-2)] as DisplayAnswer;
      const { terminal, shown } = terminalThat({ display });
      const card = cardThatAsks(vector.command, vector.response);
      expect(await transmit(withTerminal(card, terminal), '80F20000')).toBe('9000');
      expect(shown).toEqual([vector.text]);
      expect(card.remaining()).toBe(0);
    },
  );

  const yesNo = vectors.getInkey.filter(({ sequence }) => sequence.startsWith('5.1'));
  it.each(yesNo)('GET INKEY $sequence of 3GPP TS 31.124: asks and answers to the byte', async (vector) => {
    const { terminal, shown } = terminalThat({ inkey: vector.sequence.includes('yes') ? 'yes' : 'no' });
    const card = cardThatAsks(vector.command, vector.response);
    await transmit(withTerminal(card, terminal), '80F20000');
    expect(shown).toEqual([`? ${vector.text}`]);
    expect(card.remaining()).toBe(0);
  });

  it('says that it is busy with the byte of further information that the standard wants', async () => {
    const { terminal } = terminalThat({ display: 'busy' });
    const command = vectors.displayText[0]?.command ?? '';
    const card = cardThatAsks(command, '81030121808202828183022000');
    await transmit(withTerminal(card, terminal), '80F20000');
    expect(card.remaining()).toBe(0);
  });

  it.each([
    ['GET INPUT', 'D0158103012300820281828D0A04456E74657220222B22', '810301230082028281830130'],
    ['GET INKEY for a digit', 'D0158103012200820281828D0A04456E74657220222B22', '810301220082028281830130'],
    ['SETUP CALL without text', 'D009810301100082028183', '810301100082028281830130'],
    ['a text in an unknown coding', 'D0108103012180820281028D05F04F60597D', '810301218082028281830132'],
  ])('answers %s without showing anything', async (_, command, response) => {
    const { terminal, shown } = terminalThat();
    const card = cardThatAsks(command, response);
    await transmit(withTerminal(card, terminal), '80F20000');
    expect(shown).toEqual([]);
    expect(card.remaining()).toBe(0);
  });

  it('goes on with the next command that the card announces, and gives the last status word', async () => {
    const [text] = vectors.displayText as [Vector];
    const [question] = yesNo as [Vector];
    const card = replayed(`
      > 80 F2 00 00
      < 91 ${length(text.command)}
      > 80 12 00 00 00
      < ${text.command} 90 00
      > 80 14 00 00 ${length(text.response)} ${text.response}
      < 91 ${length(question.command)}
      > 80 12 00 00 00
      < ${question.command} 90 00
      > 80 14 00 00 ${length(question.response)} ${question.response}
      < 69 85
      > 80 F2 00 00
      < 90 00`);
    const { terminal, shown } = terminalThat();
    const transport = withTerminal(card, terminal);
    expect(await transmit(transport, '80F20000')).toBe('6985');
    expect(transport.asked()).toBe(true);
    expect(shown).toEqual(['Toolkit Test 1', '? Enter']);
    expect(await transmit(transport, '80F20000')).toBe('9000');
    expect(transport.asked()).toBe(false);
  });

  it('lets what the terminal throws through: nothing is answered in its name', async () => {
    const [text] = vectors.displayText as [Vector];
    const card = cardThatAsks(text.command, text.response);
    const broken: Terminal = {
      displayText: () => Promise.reject(new RangeError('no screen')),
      getInkey: async () => 'yes',
    };
    await expect(transmit(withTerminal(card, broken), '80F20000')).rejects.toThrow('no screen');
    expect(card.remaining()).toBe(1);
  });

  it('ends with card/endless-dialogue where the card never stops asking', async () => {
    const command = fromHex(vectors.displayText[0]?.command ?? '');
    let commands = 0;
    const card = emulatorTransport({
      atr: new Uint8Array(0),
      process: (apdu) => {
        commands++;
        return apdu[1] === 0x12 ? concat(command, fromHex('9000')) : fromHex('911C');
      },
    });
    await expect(transmit(withTerminal(card, terminalThat().terminal), '80F20000')).rejects.toMatchObject({
      code: 'card/endless-dialogue',
      details: { commands: 16 },
    });
    expect(commands).toBe(1 + 2 * 16);
  });

  it.each([
    ['a refusal', '6985', 'card/wrong-life-cycle'],
    ['bytes that are no proactive command', 'D003810101 9000', 'card/malformed-response'],
  ])('says what is wrong with %s to FETCH', async (_, answer, code) => {
    const card = replayed(`> 80 F2 00 00\n< 91 05\n> 80 12 00 00 00\n< ${answer}`);
    const outcome = await transmit(withTerminal(card, terminalThat().terminal), '80F20000').catch((e) => e);
    expect(['card/not-possible', code]).toContain(outcome.code);
  });
});

describe('announce', () => {
  // Bits by name. Source: ETSI TS 102 223 V15.3.0 §5.2.
  it('declares profile download, UCS2, DISPLAY TEXT and GET INKEY, and nothing else', () => {
    const bits = [...TERMINAL_PROFILE].flatMap((byte, i) =>
      Array.from({ length: 8 }, (_, bit) => ({ name: `${i + 1}.${bit + 1}`, on: ((byte >> bit) & 1) === 1 })),
    );
    expect(bits.filter(({ on }) => on).map(({ name }) => name)).toEqual([
      '1.1',
      '2.7',
      '2.8',
      '3.1',
      '3.2',
      '8.4',
    ]);
  });

  it('sends the profile once, and again after a SELECT', async () => {
    const profile = '> 80 10 00 00 08 01 C0 03 00 00 00 00 08\n< 90 00';
    const card = replayed(`${profile}\n> 00 A4 04 00 00\n< 90 00\n${profile}`);
    const transport = withTerminal(card, terminalThat().terminal);
    await transport.announce();
    await transport.announce();
    await transmit(transport, '00A4040000');
    await transport.announce();
    expect(card.remaining()).toBe(0);
  });
});

describe('a card that asks anything', () => {
  it('ends with a ToolkitError or an answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 1 }), async (fetched) => {
        let next = 0;
        const card = emulatorTransport({
          atr: new Uint8Array(0),
          process: (apdu) =>
            apdu[1] === 0x12
              ? concat(fetched[next++ % fetched.length] as Uint8Array, fromHex('9000'))
              : fromHex(next < fetched.length ? '9110' : '9000'),
        });
        const outcome = await transmit(withTerminal(card, terminalThat().terminal), '80F20000').catch(
          (e) => e,
        );
        expect(typeof outcome === 'string' || outcome instanceof ToolkitError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
