// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import {
  decodeTerminalResponse,
  encodeDisplayText,
  encodeGetInkey,
  isPerformed,
  PROACTIVE_TYPE,
  saysYes,
} from '../../protocol/proactive-command.ts';
import { strict } from '../support/firmware.ts';
import { askApplet, probeUnavailable } from './transaction-probe.ts';

const unavailable = probeUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;

/** What becomes of the answer to the text, command 1, or to the question, command 2. */
function emulatorReads(data: Uint8Array, isQuestion: boolean): string {
  try {
    const response = decodeTerminalResponse(data);
    const { number, type } = response.details;
    const isAgreed = isQuestion
      ? number === 2 && type === PROACTIVE_TYPE.getInkey && saysYes(response)
      : number === 1 && type === PROACTIVE_TYPE.displayText && isPerformed(response.result);
    return isAgreed ? 'yes' : 'no';
  } catch (error) {
    if (error instanceof ToolkitError) return '6A80';
    throw error;
  }
}

const byte = fc.nat(255);
const tag = fc.oneof(
  fc.constantFrom(0x81, 0x82, 0x83, 0x8d, 0x01, 0x02, 0x03, 0x0d),
  fc.constantFrom(0x00, 0x80, 0x7f, 0xff, 0x1f),
  byte,
);
/** An object whose length may lie. */
const anyObject = fc
  .record({ tag, value: fc.uint8Array({ maxLength: 6 }), form: fc.nat(12), lie: fc.nat(60) })
  .map(({ tag, value, form, lie }) => {
    const { length } = value;
    const said = lie === 0 ? length + 1 : lie === 1 ? 0xff : length;
    if (form === 0) return [tag, 0x81, said, ...value];
    if (form === 1) return [tag, 0x82, lie === 2 ? 0x80 : 0, said, ...value];
    if (form === 2) return [tag, 0x83, 0, 0, said, ...value];
    return [tag, said, ...value];
  });
const details = fc
  .tuple(
    fc.constantFrom(1, 2, 2, 3),
    fc.constantFrom(0x21, 0x22, 0x22),
    fc.constantFrom(0x80, 4, 4, 0),
    fc.nat(20),
  )
  .map(([number, type, qualifier, cut]) => {
    const value = [number, type, qualifier, 0].slice(0, cut < 2 ? 2 + 2 * cut : 3);
    return [cut % 2 === 0 ? 0x81 : 0x01, value.length, ...value];
  });
const devices = fc.constantFrom(
  [0x82, 2, 0x82, 0x81],
  [0x82, 2, 0x82, 0x81],
  [2, 3, 0x82, 0x81, 7],
  [0x82, 2, 0x81, 2],
);
const result = fc
  .tuple(fc.constantFrom(0, 0, 4, 2, 0x10, 0x12), fc.array(byte, { maxLength: 2 }))
  .map(([general, more]) => [0x83, 1 + more.length, general, ...more]);
const text = fc.constantFrom(
  [0x8d, 2, 4, 1],
  [0x8d, 2, 4, 1],
  [0x0d, 0x81, 2, 4, 1],
  [0x8d, 2, 4, 0],
  [0x8d, 3, 4, 1, 1],
);
const responses = fc
  .tuple(
    details,
    devices,
    result,
    fc.option(text),
    fc.array(anyObject, { maxLength: 2 }),
    fc.nat(),
    fc.nat(12),
    byte,
  )
  .map(([first, second, third, fourth, others, place, kind, value]) => {
    const objects = [first, second, third, ...(fourth === null ? [] : [fourth])];
    objects.splice(place % (objects.length + 1), 0, ...others);
    const bytes = objects.flat();
    const at = place % bytes.length;
    if (kind === 0) bytes[at] = value;
    else if (kind === 1) bytes.splice(at);
    return Uint8Array.from(bytes);
  });

describe.skipIf(unavailable !== undefined && !strict)(`the applet at a terminal${reason}`, () => {
  it('reads of terminal responses what the emulator reads', () => {
    const all = fc.sample(fc.oneof({ weight: 5, arbitrary: responses }, fc.uint8Array({ maxLength: 255 })), {
      numRuns: 6000,
    });
    const asked = all.flatMap((data) => [false, true].map((isQuestion) => ({ data, isQuestion })));
    const lines = asked.map(({ data, isQuestion }) => `${isQuestion ? 'asked' : 'shown'} ${toHex(data)}`);
    const answers = askApplet(lines);
    const counts = { yes: 0, no: 0, '6A80': 0 };
    asked.forEach(({ data, isQuestion }, n) => {
      const expected = emulatorReads(data, isQuestion);
      expect(answers[n], lines[n]).toBe(expected);
      counts[expected as 'yes']++;
    });
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
  });

  it('shows texts of any length, and asks, as the emulator does', () => {
    const characters = fc.constantFrom(...'abcxyz0189ABCXYZ-/.?() ');
    const texts = [
      ...Array.from({ length: 241 }, (_text, length) => 'x'.repeat(length)),
      ...fc.sample(fc.string({ unit: characters, maxLength: 240 }), { numRuns: 300 }),
    ];
    const answers = askApplet(['ask', ...texts.map((each) => `display ${toHex(utf8(each))}`)]);
    expect(answers).toEqual([
      toHex(encodeGetInkey(2, 'Sign it?', { yesNo: true })),
      ...texts.map((each) => toHex(encodeDisplayText(1, each))),
    ]);
  });
});
