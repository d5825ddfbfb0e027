// SPDX-License-Identifier: Apache-2.0
import { type Card, type CardOptions, createCard } from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { type CborValue, encodeCbor } from '../../../protocol/cbor.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { parsePublicKey } from '../../../protocol/crypto/public-key.ts';
import { personalise } from './administrator.ts';
import { apdus, send } from './apdu.ts';
import { sigStructure } from './transaction-feed.ts';
import { payloadOf } from './transaction-payload.ts';

/** A card, the last answer to commands as hexadecimal, and what lay behind its 6F00 and 6581. */
export type Talk = {
  readonly card: Card;
  readonly faults: readonly unknown[];
  last(...commands: readonly string[]): string;
};

/** A personalised card whose PIN 1234 is verified on channels 0 and 1; `commands` are the issuer's before. */
export function twoChannels(commands: readonly string[] = [], options: CardOptions = {}): Talk {
  const faults: unknown[] = [];
  const card = createCard({ onFault: (cause) => faults.push(cause), ...options });
  personalise(card, ...commands);
  const opened = [apdus.verify, '0070000001', onChannel(1, apdus.select), onChannel(1, apdus.verify)];
  for (const answer of send(card, ...opened))
    if (!/9000$|^61|^6C/.test(answer)) throw new Error(`two channels not opened: ${answer}`);
  return { card, faults, last: (...sent) => send(card, ...sent).at(-1) ?? '' };
}

/** The command on another logical channel. */
export const onChannel = (channel: number, command: string): string =>
  byte(Number.parseInt(command.slice(0, 2), 16) | channel) + command.slice(2);

/** Algorithm and role bytes of {@link generate}. */
export const P256 = 1;
export const ED25519 = 3;
export const IDENTITY = 1;
export const WALLET = 2;

/** GENERATE ASYMMETRIC KEY PAIR; the policy as {@link policy} writes it. */
export const generate = (reference: number, algorithm: number, role: number, ofKey: string): string =>
  field(
    '00478000',
    tlv('B6', `8401${byte(reference)}8001${byte(algorithm)}C001${byte(role)}${tlv('C1', ofKey)}`),
    '00',
  );

/** A policy of flags; with it a cumulative limit in minor units of XTS. */
export const policy = (flags: number, cumulative?: number): string =>
  `8001${byte(flags)}${
    cumulative === undefined ? '' : `8203585453830102${tlv('85', cumulative.toString(16).padStart(16, '0'))}`
  }`;

/** DELETE KEY. */
export const deleteKey = (reference: number): string => `80E4000005B6038401${byte(reference)}`;

/** Header, data field and Le of a command. */
export const field = (header: string, data: string, le = ''): string => header + lengthOf(data) + data + le;

/** A command in parts of that many bytes, the last of them with an Le. */
export function inParts(header: string, data: string, size: number): readonly string[] {
  const parts = data.match(new RegExp(`.{1,${2 * size}}`, 'g')) ?? [];
  return parts.map((part, i) =>
    i === parts.length - 1 ? field(header, part, '00') : field(onChannel(0x10, header), part),
  );
}

/** The Sig_structure of a transaction of the key that is in the card's answer; without messages, of one transfer. */
export function transactionOf(curve: Curve, answer: string, ...messages: readonly CborValue[]): string {
  const point = fromHex(answer.slice(0, -4)).slice(curve === 'Ed25519' ? -32 : -65);
  return toUpperHex(sigStructure(curve, encodeCbor(payloadOf(parsePublicKey(curve, point), ...messages))));
}

/** Sequence, event and reference bytes of the entries of a log, the oldest first. */
export const entriesOf = (answer: string): readonly string[] =>
  (answer.slice(64, -4).match(/.{32}/g) ?? []).map((entry) => entry.slice(8, 12));

const byte = (value: number): string => value.toString(16).padStart(2, '0').toUpperCase();
const lengthOf = (hex: string): string => byte(hex.length / 2);
const tlv = (tag: string, value: string): string => tag + lengthOf(value) + value;
