// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes, readUint16, uint16 } from './bytes.ts';
import { badRequest } from './commands/blockchain-sim/bad-request.ts';
import { decodeGsmText, encodeGsmText, unpackSeptets } from './gsm-alphabet.ts';
import { encodeTlv } from './tlv.ts';

/** Types of the proactive commands used here. Source: ETSI TS 102 223 V17 §9.4. */
export const PROACTIVE_TYPE = { displayText: 0x21, getInkey: 0x22 } as const;

/** Bits of a command's qualifier. Source: ETSI TS 102 223 V17 §8.6. */
export const PROACTIVE_QUALIFIER = {
  /** DISPLAY TEXT: over whatever the screen shows. */
  highPriority: 0x01,
  /** DISPLAY TEXT: until the user clears it, and not for a while only. */
  userClears: 0x80,
  /** GET INKEY: yes or no is asked for, and no character. */
  yesNo: 0x04,
} as const;

/** General results of a terminal. Source: ETSI TS 102 223 V17 §8.12. */
export const TERMINAL_RESULT = {
  ok: 0x00,
  /** The user ended the session. */
  ended: 0x10,
  /** The user went back. */
  back: 0x11,
  noResponse: 0x12,
  /** The terminal is busy now; a byte of further information follows. */
  busy: 0x20,
  beyondCapabilities: 0x30,
  notUnderstood: 0x32,
} as const;

/**
 * Whether a general result says that the command was performed as it was given: 00, or 04, only an icon was left out.
 * With information missing or modified (02, 07) nobody knows what was shown. Source: ETSI TS 102 223 V17 §8.12.
 */
export const isPerformed = (result: number): boolean => result === 0x00 || result === 0x04;

/** Number (1–254), type and qualifier of a proactive command; the terminal response repeats them. */
export type CommandDetails = { readonly number: number; readonly type: number; readonly qualifier: number };

/** A proactive command as a terminal reads it. */
export type ProactiveCommand = CommandDetails & {
  /** The text to show; undefined where there is none, or none that can be read. */
  readonly text?: string;
};

/** What became of a proactive command. */
export type TerminalResponse = {
  readonly details: CommandDetails;
  /** One of {@link TERMINAL_RESULT}, or another of the standard. */
  readonly result: number;
  /** Bytes behind the general result. */
  readonly further?: Uint8Array;
  /** Coding byte ‖ characters that the user entered; {@link YES} or {@link NO} to a yes-or-no question. */
  readonly text?: Uint8Array;
};

/** The answers to a GET INKEY for yes or no. Source: ETSI TS 102 223 V17 §8.15. */
export const YES: Uint8Array = Uint8Array.of(0x04, 0x01);
export const NO: Uint8Array = Uint8Array.of(0x04, 0x00);

/** Whether the user was asked for yes or no and said yes. */
export const saysYes = ({ details, result, text }: TerminalResponse): boolean =>
  details.type === PROACTIVE_TYPE.getInkey &&
  (details.qualifier & PROACTIVE_QUALIFIER.yesNo) !== 0 &&
  isPerformed(result) &&
  text !== undefined &&
  equalBytes(text, YES);

/** Most bytes of the characters in one command that is fetched with a short Le: a text in UCS2 has half as many. */
export const PROACTIVE_TEXT_MAX = 240;

const TAG = { proactive: 0xd0, details: 0x81, devices: 0x82, result: 0x83, text: 0x8d } as const;
/** The bit of a tag that says "must be understood"; with or without it, it is the same object. */
const COMPREHENSION = 0x80;
const DEVICE = { display: 0x02, uicc: 0x81, terminal: 0x82 } as const;
const CODING = { packed: 0x00, gsm: 0x04, ucs2: 0x08 } as const;

/**
 * DISPLAY TEXT, which the user clears. Throws `protocol/bad-layout` for a text beyond {@link PROACTIVE_TEXT_MAX}.
 * Source: ETSI TS 102 223 V17 §6.6.1.
 */
export const encodeDisplayText = (number: number, text: string): Uint8Array =>
  encodeCommand(
    { number, type: PROACTIVE_TYPE.displayText, qualifier: PROACTIVE_QUALIFIER.userClears },
    DEVICE.display,
    text,
  );

/** How the user is to answer. */
export type GetInkeyOptions = {
  /** Yes or no instead of one digit. */
  readonly yesNo?: boolean;
};

/**
 * GET INKEY: a question, answered by one digit or by yes or no. Throws as {@link encodeDisplayText}.
 * Source: ETSI TS 102 223 V17 §6.6.2.
 */
export const encodeGetInkey = (
  number: number,
  text: string,
  { yesNo = false }: GetInkeyOptions = {},
): Uint8Array =>
  encodeCommand(
    { number, type: PROACTIVE_TYPE.getInkey, qualifier: yesNo ? PROACTIVE_QUALIFIER.yesNo : 0 },
    DEVICE.terminal,
    text,
  );

/**
 * A text as the commands carry it: coding byte ‖ characters, in the GSM default alphabet with a byte each where it has
 * them all, else in UCS2. Source: ETSI TS 102 223 V17 §8.15.
 */
export function encodeTextString(text: string): Uint8Array {
  const gsm = encodeGsmText(text);
  if (gsm !== undefined) return concat(Uint8Array.of(CODING.gsm), gsm);
  const units = Array.from({ length: text.length }, (_, i) => uint16(text.charCodeAt(i)));
  return concat(Uint8Array.of(CODING.ucs2), ...units);
}

/**
 * The command in a FETCH response, of whatever type. Throws `protocol/bad-layout` when its details or its devices
 * cannot be read. Source: ETSI TS 102 223 V17 §6.6, §8.6 and §8.7.
 */
export function decodeProactiveCommand(bytes: Uint8Array): ProactiveCommand {
  const [outer, ...more] = parseObjects(bytes);
  // A proactive command is a BER-TLV object: its tag D0 has no comprehension bit to mask.
  if (bytes[0] !== TAG.proactive || outer === undefined || more.length > 0)
    throw bad('D0 and no other object');
  const objects = parseObjects(outer.value);
  const details = detailsOf(objects);
  if (valueIn(objects, TAG.devices)?.length !== 2) throw bad('device identities of 2 bytes');
  const value = valueIn(objects, TAG.text);
  const text = value === undefined ? undefined : decodeTextString(value);
  return text === undefined ? details : { ...details, text };
}

/** Data field of TERMINAL RESPONSE. Source: ETSI TS 102 223 V17 §6.8. */
export function encodeTerminalResponse({ details, result, further, text }: TerminalResponse): Uint8Array {
  const { number, type, qualifier } = details;
  const none = new Uint8Array(0);
  return concat(
    encodeTlv(TAG.details, Uint8Array.of(number, type, qualifier)),
    encodeTlv(TAG.devices, Uint8Array.of(DEVICE.terminal, DEVICE.uicc)),
    encodeTlv(TAG.result, Uint8Array.of(result), further ?? none),
    text === undefined ? none : encodeTlv(TAG.text, text),
  );
}

/** The data field of TERMINAL RESPONSE taken apart; other objects are passed over. Throws `protocol/bad-layout`. */
export function decodeTerminalResponse(data: Uint8Array): TerminalResponse {
  const objects = parseObjects(data);
  const details = detailsOf(objects);
  const [from, to] = valueIn(objects, TAG.devices) ?? [];
  if (from !== DEVICE.terminal || to !== DEVICE.uicc) throw bad('device identities terminal and UICC');
  const result = valueIn(objects, TAG.result);
  if (result === undefined || result.length === 0) throw bad('a result');
  const text = valueIn(objects, TAG.text);
  return {
    details,
    result: result[0] as number,
    ...(result.length > 1 ? { further: result.slice(1) } : {}),
    ...(text === undefined ? {} : { text: text.slice() }),
  };
}

/**
 * What a text string says, or undefined where its coding is unknown or broken; no bytes at all are no text.
 * Source: ETSI TS 102 223 V17 §8.15.
 */
export function decodeTextString(value: Uint8Array): string | undefined {
  const characters = value.subarray(1);
  if (value.length === 0) return '';
  if (value[0] === CODING.gsm) return decodeGsmText(characters);
  if (value[0] === CODING.packed) return decodeGsmText(unpackSeptets(characters));
  if (value[0] !== CODING.ucs2 || characters.length % 2 !== 0) return undefined;
  const units = Array.from({ length: characters.length / 2 }, (_, i) => readUint16(characters, 2 * i));
  return String.fromCharCode(...units);
}

function encodeCommand(details: CommandDetails, to: number, text: string): Uint8Array {
  const value = encodeTextString(text);
  if (value.length > 1 + PROACTIVE_TEXT_MAX) throw bad(`a text of at most ${PROACTIVE_TEXT_MAX} bytes`);
  return encodeTlv(
    TAG.proactive,
    encodeTlv(TAG.details, Uint8Array.of(details.number, details.type, details.qualifier)),
    encodeTlv(TAG.devices, Uint8Array.of(DEVICE.uicc, to)),
    encodeTlv(TAG.text, value),
  );
}

/** A COMPREHENSION-TLV object; the tag is that with the comprehension bit. */
type ComprehensionTlv = { readonly tag: number; readonly value: Uint8Array };

/**
 * COMPREHENSION-TLV objects with tags of one byte. They are no BER-TLV: 1F is a tag like any other.
 * Source: ETSI TS 101 220 V17 §7.1.1.
 */
function parseObjects(bytes: Uint8Array): readonly ComprehensionTlv[] {
  const found: ComprehensionTlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] ?? 0xff;
    const width = first < 0x80 ? 1 : first === 0x81 ? 2 : first === 0x82 ? 3 : 0;
    if (tag === 0x00 || tag === 0x7f || tag === 0xff || width === 0) throw bad('tags and lengths of objects');
    const length = width === 1 ? first : width === 2 ? (bytes[at + 2] ?? 0) : readUint16(bytes, at + 2);
    const start = at + 1 + width;
    if (start + length > bytes.length) throw bad('objects that end with the field');
    found.push({ tag: tag | COMPREHENSION, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

const valueIn = (objects: readonly ComprehensionTlv[], tag: number): Uint8Array | undefined =>
  objects.find((object) => object.tag === tag)?.value;

function detailsOf(objects: readonly ComprehensionTlv[]): CommandDetails {
  const value = valueIn(objects, TAG.details);
  if (value?.length !== 3) throw bad('command details of 3 bytes');
  const [number, type, qualifier] = value as unknown as [number, number, number];
  return { number, type, qualifier };
}

const bad = (expected: string) => badRequest('proactive command or terminal response', expected);
