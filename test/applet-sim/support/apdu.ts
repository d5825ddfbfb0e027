// SPDX-License-Identifier: Apache-2.0
import type { Card } from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';

/** Commands that tests share, as hexadecimal text. Personalisation as in fixtures/apdu/states. */
export const apdus = {
  select: '00A4040007F04253494D010000',
  storeData:
    '80E280002E5A0A98880200000000000031DF2209080910100000000010DF230831323334FFFFFFFFDF24083132333435363738',
  verify: '002000010831323334FFFFFFFF',
  verifyWrong: '002000010839393939FFFFFFFF',
  /** PIN 1234 becomes 567890. */
  changePin: '002400011031323334FFFFFFFF353637383930FFFF',
  /** New PIN 567890 for the PUK. */
  unblock: '002C0001103132333435363738353637383930FFFF',
  unblockWrong: '002C0001103837363534333231353637383930FFFF',
  information: '00CAFF2000',
  directory: '00CAFF2100',
  generate: (reference: number, algorithm: number): string =>
    `0047800008B6068401${byte(reference)}8001${byte(algorithm)}00`,
  readKey: (reference: number): string => `0047810005B6038401${byte(reference)}00`,
  chooseSignatureKey: (reference: number): string => `002241B6038401${byte(reference)}`,
  sign: (digest: string): string => `002A9E9A${byte(digest.length / 2)}${digest}00`,
} as const;

/** Sends commands one after the other and gives the answers as upper-case hexadecimal. */
export const send = (card: Card, ...commands: readonly string[]): readonly string[] =>
  commands.map((command) => toUpperHex(card.process(fromHex(command))));

/** SW1-SW2 of the last answer. */
export const statusOf = (card: Card, ...commands: readonly string[]): string =>
  (send(card, ...commands).at(-1) as string).slice(-4);

const byte = (value: number): string => value.toString(16).padStart(2, '0');
