// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vpcdFrame, vpcdFrameReader } from '../../protocol/vpcd-frame.ts';

/** The stream cut at the given places. */
function cut(stream: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const edges = [
    0,
    ...places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b),
    stream.length,
  ];
  return edges.slice(1).map((edge, i) => stream.subarray(edges[i], edge));
}

const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
/** Frames written with node's own Buffer: length in two bytes, big-endian. */
const framed = (list: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    list.flatMap((body) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(body.length);
      return [length, body];
    }),
  );

describe('the framing of vpcd', () => {
  it('puts the length in front of a body', () => {
    expect(vpcdFrame(Uint8Array.of(0x3b, 0x00))).toEqual(Uint8Array.of(0, 2, 0x3b, 0));
    expect(vpcdFrame(new Uint8Array(0x1234)).subarray(0, 2)).toEqual(Uint8Array.of(0x12, 0x34));
  });

  it('is read the same however the network cuts and joins it', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 50 }), (list, places) => {
        const reader = vpcdFrameReader();
        const read = cut(framed(list), places).flatMap((segment) => reader.push(segment));
        expect(read.map((body) => [...body])).toEqual(list.map((body) => [...body]));
      }),
    );
  });

  it('is read byte by byte', () => {
    const reader = vpcdFrameReader();
    const stream = framed([Uint8Array.of(4), new Uint8Array(0), Uint8Array.of(0, 0xa4, 4, 0)]);
    const read = [...stream].map((byte) => reader.push(Uint8Array.of(byte)).length);
    expect(read).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('takes the longest body, of 65,535 bytes, and the next frame after it', () => {
    const reader = vpcdFrameReader();
    const [longest, next] = reader.push(framed([new Uint8Array(65_535).fill(7), Uint8Array.of(1)]));
    expect(longest?.length).toBe(65_535);
    expect(next).toEqual(Uint8Array.of(1));
  });

  it('gives nothing of a frame that is not complete, and bodies that the caller may keep', () => {
    const reader = vpcdFrameReader();
    const segment = Buffer.from([0, 3, 1, 2]);
    expect(reader.push(segment)).toEqual([]);
    segment.fill(0xff);
    const [body] = reader.push(Buffer.from([3]));
    expect(body).toEqual(Uint8Array.of(1, 2, 3));
    reader.push(framed([Uint8Array.of(9, 9, 9)]));
    expect(body).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('is read without a fault from any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 })), (segments) => {
        const reader = vpcdFrameReader();
        const read = segments.flatMap((segment) => reader.push(segment));
        const total = segments.reduce((sum, segment) => sum + segment.length, 0);
        expect(read.reduce((sum, body) => sum + body.length + 2, 0)).toBeLessThanOrEqual(total);
      }),
    );
  });
});
