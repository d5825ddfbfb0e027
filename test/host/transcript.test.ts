// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError } from '../../host/errors.ts';
import { isRecorded, parseTranscript, TRANSCRIPT_MAX } from '../../host/transcript.ts';
import { fromHex } from '../../protocol/bytes.ts';

describe('parseTranscript', () => {
  it('reads ATR, commands, answers, failures, masks and comments, whatever the line ends', () => {
    const text = [
      '# a session',
      'ATR 3B 00',
      '',
      '  > 00a40400 # SELECT',
      '< 9000',
      '> 00 20 00 01 [8 bytes masked]',
      '< 63 C2',
      '> 00 CA FF 22 00',
      '< [9 bytes masked] 90 00',
      '> 00 84 00 00 00',
      '! card/reset',
    ].join('\r\n');
    expect(parseTranscript(text)).toEqual({
      atr: fromHex('3B00'),
      exchanges: [
        { line: 4, command: { apdu: fromHex('00A40400') }, answer: { response: fromHex('9000') } },
        {
          line: 6,
          command: { header: fromHex('00200001'), maskedLength: 8 },
          answer: { response: fromHex('63C2') },
        },
        {
          line: 8,
          command: { apdu: fromHex('00CAFF2200') },
          answer: { maskedLength: 9, status: fromHex('9000') },
        },
        { line: 10, command: { apdu: fromHex('0084000000') }, answer: { failure: 'card/reset' } },
      ],
    });
  });

  it('reads nothing as a session without exchanges', () => {
    expect(parseTranscript('')).toEqual({ exchanges: [] });
  });

  it.each([
    ['an answer without a command', '< 90 00', 1],
    ['two commands in a row', '> 00 84 00 00\n> 00 84 00 00', 2],
    ['a command without an answer', '\n> 00 84 00 00', 2],
    ['an ATR in the middle', '> 00 84 00 00\n< 90 00\nATR 3B 00', 3],
    ['two ATRs', 'ATR 3B 00\nATR 3B 00', 2],
    ['a line of something else', 'hello', 1],
    ['what is not hexadecimal', '> 00 84 0G 00', 1],
    ['half a byte', '> 00 84 00 0', 1],
    ['a command below 4 bytes', '> 00 84 00', 1],
    ['an answer below 2 bytes', '> 00 84 00 00\n< 90', 2],
    ['an answer of masked data alone', '> 00 84 00 00\n< [4 bytes masked]', 2],
    ['a mask in the middle of a header', '> 00 84 [4 bytes masked] 00 00', 1],
    ['a mask behind data', '> 00 84 00 00 04 [4 bytes masked]', 1],
    ['a mask behind a status word', '> 00 84 00 00\n< 90 00 [4 bytes masked]', 2],
    ['a failure that is none of the card', '> 00 84 00 00\n! card/wrong-pin', 2],
  ])('rejects %s and names the line', (_, text, line) => {
    expect(() => parseTranscript(text)).toThrow(
      expect.objectContaining({ code: 'card/bad-transcript', details: expect.objectContaining({ line }) }),
    );
  });

  it('rejects a text beyond its limit unread', () => {
    expect(() => parseTranscript('#'.repeat(TRANSCRIPT_MAX + 1))).toThrow(
      expect.objectContaining({ code: 'card/bad-transcript' }),
    );
  });

  it('reads back whatever session is written in its form', () => {
    const bytes = (min: number) => fc.uint8Array({ minLength: min, maxLength: 40 });
    const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
    const command = fc.oneof(
      bytes(4).map((apdu) => [`> ${hex(apdu)}`, { apdu }] as const),
      fc
        .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(99_999))
        .map(([header, n]) => [`> ${hex(header)} [${n} bytes masked]`, { header, maskedLength: n }] as const),
    );
    const answer = fc.oneof(
      bytes(2).map((response) => [`< ${hex(response)}`, { response }] as const),
      fc
        .tuple(fc.uint8Array({ minLength: 2, maxLength: 2 }), fc.nat(99_999))
        .map(([status, n]) => [`< [${n} bytes masked] ${hex(status)}`, { maskedLength: n, status }] as const),
      fc
        .constantFrom('card/removed' as const, 'card/reset' as const)
        .map((failure) => [`! ${failure}`, { failure }] as const),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(command, answer), { maxLength: 20 }), (session) => {
        const text = session.map(([[sent], [got]]) => `${sent}\n${got}\n`).join('');
        expect(parseTranscript(text).exchanges).toEqual(
          session.map(([[, sent], [, got]], index) => ({ line: 1 + 2 * index, command: sent, answer: got })),
        );
      }),
    );
  });

  it('rejects any other text with card/bad-transcript and nothing else', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'ATR ',
        '> ',
        '< ',
        '! ',
        '00A40400',
        '9000',
        '\n',
        '[8 bytes masked]',
        '#',
        'card/removed',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseTranscript(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(CardError);
          expect((error as CardError).code).toBe('card/bad-transcript');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('isRecorded', () => {
  const masked = { header: fromHex('00200001'), maskedLength: 8 };

  it('compares a command in full', () => {
    expect(isRecorded(fromHex('00840000'), { apdu: fromHex('00840000') })).toBe(true);
    expect(isRecorded(fromHex('0084000000'), { apdu: fromHex('00840000') })).toBe(false);
  });

  it('compares a masked one by header and length of the data', () => {
    expect(isRecorded(fromHex('00200001083132333435363738'), masked)).toBe(true);
    expect(isRecorded(fromHex('0020000100000839393939393939390000'), masked)).toBe(true);
    expect(isRecorded(fromHex('0020000107313233343536FF'), masked)).toBe(false);
    expect(isRecorded(fromHex('00200002083132333435363738'), masked)).toBe(false);
    expect(isRecorded(fromHex('00200001'), masked)).toBe(false);
  });
});
