// SPDX-License-Identifier: Apache-2.0
import {
  asArray,
  asMap,
  asText,
  type CborMap,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../protocol/cbor.ts';
import { ProtocolError } from '../../protocol/errors.ts';

/** Something that a module says has happened; part of the receipt, so of the block. */
export type ChainEvent = {
  readonly module: string;
  /** Type of the event within its module, such as `transferred`. */
  readonly type: string;
  /** Facts by name. */
  readonly attributes: CborMap;
};

/** Result of one transaction: `ok`, or the code `module/what` of the error that reverted it. */
export type Receipt = {
  readonly code: string;
  /** Message of that error; empty when the code is `ok`. */
  readonly log: string;
  /** In the order in which they happened; none when the transaction was reverted. */
  readonly events: readonly ChainEvent[];
};

/** Deterministic CBOR {1: code, 2: log, 3: [[module, type, {name: value}]…]}. */
export const encodeReceipt = (receipt: Receipt): Uint8Array =>
  encodeCbor(
    new Map<number, CborValue>([
      [1, receipt.code],
      [2, receipt.log],
      [3, receipt.events.map((event) => [event.module, event.type, event.attributes])],
    ]),
  );

/** The receipt of such bytes. Throws `protocol/bad-cbor`. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const map = asMap(decodeCbor(bytes), 'receipt', [1, 2, 3]);
  return {
    code: asText(map.get(1), 'receipt code'),
    log: asText(map.get(2), 'receipt log'),
    events: asArray(map.get(3), 'receipt events').map(decodeEvent),
  };
}

function decodeEvent(value: CborValue): ChainEvent {
  const parts = asArray(value, 'event');
  const [module, type, attributes] = parts;
  if (parts.length !== 3 || !(attributes instanceof Map)) {
    throw new ProtocolError('protocol/bad-cbor', 'receipt not read: found an event of another form', {
      reason: 'event is not [module, type, attributes]',
    });
  }
  return { module: asText(module, 'event module'), type: asText(type, 'event type'), attributes };
}
