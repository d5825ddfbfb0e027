// SPDX-License-Identifier: Apache-2.0
import { concat, readUint16, uint16 } from './bytes.ts';

/**
 * Framing between the virtual reader (vsmartcard's vpcd) and a card, the same both ways: length of the body in two
 * bytes, big-endian, then the body. A body of one byte from the reader is a {@link vpcdControls | control}, a longer
 * one a C-APDU.
 */
export const vpcdControls = { powerOff: 0x00, powerOn: 0x01, reset: 0x02, getAtr: 0x04 } as const;

/** Longest body that the length field can name, in bytes. */
export const VPCD_BODY_MAX = 0xffff;

/** One frame around a body of at most {@link VPCD_BODY_MAX} bytes. */
export const vpcdFrame = (body: Uint8Array): Uint8Array => concat(uint16(body.length), body);

/** Cuts a byte stream into bodies, however the network cut or joined the frames. */
export type VpcdFrameReader = {
  /** Bodies that are complete with this segment, in order, as new arrays; empty ones included. */
  push(segment: Uint8Array): readonly Uint8Array[];
};

/** A reader at the beginning of a stream; it never holds more than one frame. */
export function vpcdFrameReader(): VpcdFrameReader {
  const head = new Uint8Array(2);
  let headBytes = 0;
  let body: Uint8Array | undefined;
  let bodyBytes = 0;
  return {
    push: (segment) => {
      const bodies: Uint8Array[] = [];
      let at = 0;
      while (at < segment.length || body?.length === 0) {
        if (body === undefined) {
          head[headBytes++] = segment[at++] as number;
          if (headBytes === 2) body = new Uint8Array(readUint16(head));
          continue;
        }
        const count = Math.min(body.length - bodyBytes, segment.length - at);
        body.set(segment.subarray(at, at + count), bodyBytes);
        at += count;
        bodyBytes += count;
        if (bodyBytes < body.length) continue;
        bodies.push(body);
        body = undefined;
        headBytes = 0;
        bodyBytes = 0;
      }
      return bodies;
    },
  };
}
