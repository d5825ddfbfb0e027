// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { byte, bytes, type Layout, mapped, sequence } from './layout.ts';
import type { PinBlock } from './pin.ts';

/** Bits of the rules for PINs. */
export const PIN_RULE = {
  /** PINs of one digit again and again are forbidden: 0000. */
  noRepetition: 0x01,
  /** PINs that count up or down are forbidden: 1234, 8765. */
  noSequence: 0x02,
} as const;

/** What PINs a card takes; set at personalisation. */
export type PinRules = {
  /** Sum of {@link PIN_RULE}. */
  readonly flags: number;
  /** Fewest digits, 4 to 8. */
  readonly minimumLength: number;
};

/** Rules of a card that was given none. */
export const noPinRules: PinRules = { flags: 0, minimumLength: 4 };

/** Two bytes: flags, fewest digits. */
export const pinRulesLayout: Layout<PinRules> = sequence({
  flags: byte('rules for PINs: 01 no repetition, 02 no sequence'),
  minimumLength: byte('fewest digits'),
});

/** Most PINs that a card is told to forbid. */
const FORBIDDEN_PINS_MAX = 16;

/** PIN blocks one behind the other; the blocks are views of the field, and are wiped with it. */
export const forbiddenPinsLayout: Layout<readonly PinBlock[]> = {
  ...mapped(
    bytes('forbidden PIN blocks of 8', 8, 8 * FORBIDDEN_PINS_MAX),
    (value): readonly PinBlock[] => {
      if (value.length % 8 !== 0) throw badBlocks(value.length);
      return Array.from({ length: value.length / 8 }, (_, i) => value.slice(8 * i, 8 * i + 8));
    },
    (blocks) => Uint8Array.from(blocks.flatMap((block) => [...block])),
  ),
};

/**
 * Whether the rules allow a PIN block that {@link isPinBlock} holds for. The same time whatever the forbidden ones are.
 */
export function allowsPin(
  { flags, minimumLength }: PinRules,
  forbidden: readonly PinBlock[],
  block: PinBlock,
): boolean {
  const end = block.indexOf(0xff);
  const digits = block.subarray(0, end < 0 ? block.length : end);
  const steps = Array.from(digits.subarray(1), (digit, i) => digit - (digits[i] as number));
  const isAll = (step: number): boolean => steps.every((each) => each === step);
  if (digits.length < minimumLength) return false;
  if ((flags & PIN_RULE.noRepetition) !== 0 && isAll(0)) return false;
  if ((flags & PIN_RULE.noSequence) !== 0 && (isAll(1) || isAll(-1))) return false;
  return forbidden.filter((each) => equalBytes(each, block)).length === 0;
}

const badBlocks = (length: number): ProtocolError<'protocol/bad-layout'> =>
  new ProtocolError(
    'protocol/bad-layout',
    `forbidden PINs not read: found ${length} bytes, expected blocks of 8`,
    { expected: 'blocks of 8 bytes', length },
  );
