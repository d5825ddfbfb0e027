// SPDX-License-Identifier: Apache-2.0

/** Characters by their septet; the one at 1B leads to {@link EXTENSION}. Source: 3GPP TS 23.038 §6.2.1. */
const ALPHABET = [
  ...'@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ',
  ...' !"#¤%&\'()*+,-./0123456789:;<=>?',
  ...'¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§',
  ...'¿abcdefghijklmnopqrstuvwxyzäöñüà',
];
const ESCAPE = 0x1b;
/** Characters behind the escape. Source: 3GPP TS 23.038 §6.2.1.1. */
const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
]);

const septetsOf: ReadonlyMap<string, readonly number[]> = new Map([
  ...ALPHABET.map((character, septet): [string, number[]] => [character, [septet]]).filter(
    ([, [septet]]) => septet !== ESCAPE,
  ),
  ...[...EXTENSION].map(([septet, character]): [string, number[]] => [character, [ESCAPE, septet]]),
]);

/** One byte a septet, or undefined where a character is not of the GSM default alphabet. Source: 3GPP TS 23.038 §6.2.1. */
export function encodeGsmText(text: string): Uint8Array | undefined {
  const septets: number[] = [];
  for (const character of text) {
    const found = septetsOf.get(character);
    if (found === undefined) return undefined;
    septets.push(...found);
  }
  return Uint8Array.from(septets);
}

/**
 * Text of one byte a septet, or undefined for a byte above 7F. Behind an escape, a septet that is no extension shows as
 * the character that it is without one; a second escape, or the end, as a blank. Source: 3GPP TS 23.038 §6.2.1.1.
 */
export function decodeGsmText(septets: Uint8Array): string | undefined {
  if (septets.some((septet) => septet > 0x7f)) return undefined;
  let text = '';
  for (let at = 0; at < septets.length; at++) {
    const isEscaped = septets[at] === ESCAPE;
    const septet = septets[isEscaped ? ++at : at] ?? ESCAPE;
    const extension = isEscaped ? EXTENSION.get(septet) : undefined;
    text += septet === ESCAPE ? ' ' : (extension ?? ALPHABET[septet]);
  }
  return text;
}

/**
 * Septets of packed bytes. Seven spare bits at the end, which would be one more character, are none where they are
 * 0D, the filler, or 00. Source: 3GPP TS 23.038 §6.1.2.1.
 */
export function unpackSeptets(packed: Uint8Array): Uint8Array {
  const count = Math.floor((packed.length * 8) / 7);
  const septets = Uint8Array.from({ length: count }, (_, i) => {
    const bit = 7 * i;
    const pair = (packed[bit >> 3] as number) | ((packed[(bit >> 3) + 1] ?? 0) << 8);
    return (pair >> (bit & 7)) & 0x7f;
  });
  const last = septets.at(-1);
  const isFiller = count > 0 && count % 8 === 0 && (last === 0x0d || last === 0x00);
  return isFiller ? septets.subarray(0, -1) : septets;
}
