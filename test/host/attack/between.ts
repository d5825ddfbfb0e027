// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../../protocol/transport.ts';

/** Somebody between host and card, who knows no keys: gets each command, may hand it on, and answers what he likes. */
export type Between = (
  apdu: Uint8Array,
  handOn: (apdu: Uint8Array) => Promise<Uint8Array>,
) => Promise<Uint8Array>;

/** A transport with somebody in it, who can be replaced while it is open. */
export function withSomebody(inner: Transport, somebody: Between = honest) {
  const seat = { somebody };
  const transport: Transport = {
    ...inner,
    transmit: (apdu) => seat.somebody(apdu, (bytes) => inner.transmit(bytes)),
  };
  return { seat, transport };
}

/** Hands everything on. */
export const honest: Between = (apdu, handOn) => handOn(apdu);

/** Whether a C-APDU is the instruction, in whatever class. */
export const isInstruction = (apdu: Uint8Array, ins: number, p1?: number): boolean =>
  apdu[1] === ins && (p1 === undefined || apdu[2] === p1);
