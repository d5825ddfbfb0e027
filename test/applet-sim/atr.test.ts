// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard, type Profile } from '../../applet-sim/index.ts';
import { toUpperHex } from '../../protocol/bytes.ts';

/** An ATR taken apart by the rules of ISO/IEC 7816-3:2006 §8.2, written for this test. */
function readAtr(atr: Uint8Array): {
  readonly initial: number;
  readonly protocols: readonly number[];
  readonly interfaceBytes: Readonly<Record<string, number>>;
  readonly historical: Uint8Array;
  readonly check: number | undefined;
} {
  const [initial = 0, format = 0] = atr;
  const interfaceBytes: Record<string, number> = {};
  const protocols: number[] = [];
  let at = 2;
  let indicator: number | undefined = format >> 4;
  for (let group = 1; indicator !== undefined; group++) {
    const present: number = indicator;
    for (const [bit, name] of [...'ABCD'].entries())
      if ((present & (1 << bit)) !== 0) interfaceBytes[`T${name}${group}`] = atr[at++] as number;
    const td: number | undefined = interfaceBytes[`TD${group}`];
    if (td !== undefined) protocols.push(td & 0x0f);
    indicator = td === undefined ? undefined : td >> 4;
  }
  const historical = atr.subarray(at, at + (format & 0x0f));
  at += format & 0x0f;
  const needsCheck = protocols.some((protocol) => protocol !== 0);
  const check = needsCheck ? atr[at++] : undefined;
  expect(at, 'bytes that no rule accounts for').toBe(atr.length);
  return { initial, protocols, interfaceBytes, historical, check };
}

const atrOf = (profile: Profile): Uint8Array => createCard({ profile }).atr;

describe('the answer to reset', () => {
  it.each(['t1', 't0'] as const)(
    'of profile %s has the direct convention and at most 33 bytes',
    (profile) => {
      expect(readAtr(atrOf(profile)).initial).toBe(0x3b);
      expect(atrOf(profile).length).toBeLessThanOrEqual(33);
    },
  );

  it('of profile t1 offers T=1 alone, with IFSC 254 and waiting times, and a right check byte', () => {
    const { protocols, interfaceBytes, check } = readAtr(atrOf('t1'));
    expect(new Set(protocols)).toEqual(new Set([1]));
    expect(interfaceBytes).toEqual({ TD1: 0x81, TD2: 0x31, TA3: 0xfe, TB3: 0x45 });
    expect(check).toBeDefined();
    expect(
      atrOf('t1')
        .subarray(1)
        .reduce((sum, byte) => sum ^ byte, 0),
    ).toBe(0);
  });

  it('of profile t0 names no protocol, which means T=0, and has no check byte', () => {
    const { protocols, interfaceBytes, check } = readAtr(atrOf('t0'));
    expect(protocols).toEqual([]);
    expect(interfaceBytes).toEqual({});
    expect(check).toBeUndefined();
  });

  it.each(['t1', 't0'] as const)(
    'of profile %s has historical bytes that say what the card can',
    (profile) => {
      const { historical } = readAtr(atrOf(profile));
      expect(historical[0]).toBe(0x80);
      const objects = new Map<number, string>();
      for (let at = 1; at < historical.length; ) {
        const head = historical[at] as number;
        objects.set(head >> 4, toUpperHex(historical.subarray(at + 1, at + 1 + (head & 0x0f))));
        at += 1 + (head & 0x0f);
      }
      // 6: "BSIM"; 7: selection by full and partial name · units of a byte · chaining, extended lengths, 4 channels.
      expect([...objects]).toEqual([
        [6, '4253494D'],
        [7, 'C001D3'],
      ]);
    },
  );

  it('is a copy for each card, so that nobody changes that of another', () => {
    atrOf('t1').fill(0);
    expect(atrOf('t1')[0]).toBe(0x3b);
  });
});
