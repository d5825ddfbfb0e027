// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { transactionPrefix } from '../../applet-sim/applets/blockchain-sim/signing/transaction-prefix.ts';
import { toHex } from '../../protocol/bytes.ts';
import { defaultPolicy, POLICY_FLAG } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { cardCurves } from '../../protocol/crypto/card-curve.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { uncompressedPublicKey } from '../../protocol/crypto/public-key.ts';
import { sigStructure } from '../applet-sim/support/transaction-feed.ts';
import { knownTransactions } from '../fuzz/transactions.ts';
import { testSigner } from '../support/chain.ts';
import { strict } from '../support/firmware.ts';
import { anyBytes, changedBytes, damagedItems, longest, strangers, wellFormed } from './transaction-cases.ts';
import { askApplet, emulatorReads, lineOf, probeUnavailable, type ReaderCase } from './transaction-probe.ts';

const unavailable = probeUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;

// Making thousands of transactions takes its time on a computer that is busy.
vi.setConfig({ testTimeout: 180_000 });

/** How many of the cases were answered so; fails unless emulator and applet say the same of each. */
function compare(cases: readonly ReaderCase[]): Readonly<Record<'9000' | '6A80' | '6985' | 'text', number>> {
  const lines = cases.map(lineOf);
  const answers = askApplet(lines);
  const counts = { '9000': 0, '6A80': 0, '6985': 0, text: 0 };
  expect(answers).toHaveLength(lines.length);
  cases.forEach((each, n) => {
    const expected = emulatorReads(each);
    if (answers[n] !== expected) expect(answers[n], lines[n]).toBe(expected);
    const [, sw = '', , first] = expected.split(' ');
    if (sw === '9000' || sw === '6A80' || sw === '6985') counts[sw]++;
    if (first === 'Pay' || first === 'Sign') counts.text++;
  });
  return counts;
}

const bytewise = (bytes: Uint8Array): readonly Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));

describe.skipIf(unavailable !== undefined && !strict)(`the applet's reader of transactions${reason}`, () => {
  it('says of transactions what the emulator says, and refuses and allows many', () => {
    const counts = compare(fc.sample(wellFormed, { numRuns: 4000 }));
    expect(counts['9000']).toBeGreaterThan(400);
    expect(counts['6985']).toBeGreaterThan(400);
    expect(counts['6A80']).toBeGreaterThan(400);
    expect(counts.text).toBeGreaterThan(200);
  });

  it('says of transactions with damaged items what the emulator says', () => {
    const counts = compare(fc.sample(damagedItems, { numRuns: 6000 }));
    expect(counts['6A80']).toBeGreaterThan(3000);
    expect(counts['9000']).toBeGreaterThan(30);
  });

  it('says of transactions with changed bytes what the emulator says', () => {
    const counts = compare(fc.sample(changedBytes, { numRuns: 6000 }));
    expect(counts['6A80']).toBeGreaterThan(3000);
    expect(counts['9000']).toBeGreaterThan(30);
  });

  it('says of what is about another key, another purpose or nothing what the emulator says', () => {
    compare(fc.sample(strangers, { numRuns: 600 }));
    expect(compare(fc.sample(anyBytes, { numRuns: 2000 }))['6A80']).toBeGreaterThan(1500);
  });

  it('says of the longest transactions what the emulator says', () => {
    const counts = compare(fc.sample(longest, { numRuns: 400 }));
    expect(counts['6A80']).toBeGreaterThan(20);
    expect(counts['9000'] + counts['6985']).toBeGreaterThan(20);
  });

  it.each(['P-256', 'secp256k1'] as const)(
    'says of known transactions, with any one bit changed, what the emulator says, on %s',
    (curve) => {
      const { publicKey } = testSigner('alice', curve);
      const policy = {
        flags: POLICY_FLAG.transactions,
        messageTypes: ['money/transfer', 'voting/cast'],
        limit: { currency: 'XTS', digits: 2, perTransaction: 100n, cumulative: 150n },
      };
      const known = knownTransactions(curve, toHex(uncompressedPublicKey(publicKey)));
      const whole = known.flatMap(({ bytes }) =>
        [defaultPolicy, policy].flatMap((each) =>
          [[bytes], bytewise(bytes)].map((parts) => ({ publicKey, policy: each, spent: 60n, parts })),
        ),
      );
      expect(compare(whole)['9000']).toBeGreaterThan(10);
      const changed = known.flatMap(({ bytes }) =>
        Array.from({ length: 8 * bytes.length }, (_bit, bit) => {
          const other = bytes.slice();
          other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
          return { publicKey, policy, spent: 60n, parts: [other] };
        }),
      );
      expect(compare(changed)['9000']).toBeGreaterThan(10);
    },
  );
});

describe.skipIf(unavailable !== undefined && !strict)(`the applet's guard of messages${reason}`, () => {
  it('finds the beginning of a transaction where the emulator finds it', () => {
    const curves = ['P-256', 'secp256k1', 'brainpoolP256r1'] as const;
    const messages = fc.sample(
      fc.record({
        curve: fc.constantFrom(...curves),
        start: fc.constantFrom('P-256', 'secp256k1', 'Ed25519'),
        length: fc.nat(60),
        flip: fc.option(fc.nat(59), { freq: 2 }),
        cuts: fc.array(fc.nat(60), { maxLength: 4 }),
      }),
      { numRuns: 3000 },
    );
    const cases = messages.map(({ curve, start, length, flip, cuts }) => {
      const message = sigStructure(start as Curve, new Uint8Array(60)).slice(0, length);
      if (flip !== null && flip < length) message[flip] = (message[flip] as number) ^ 1;
      const places = cuts.toSorted((a, b) => a - b);
      const parts = [0, ...places].map((from, at) => message.subarray(from, places[at] ?? length));
      return { curve, parts };
    });
    const answers = askApplet(
      cases.map(
        ({ curve, parts }) => `prefix ${cardCurves[curve].algorithmId} ${parts.map(toHex).join(',')}`,
      ),
    );
    const none = new Uint8Array(0);
    const expected = cases.map(({ curve, parts }) => {
      const guard = transactionPrefix({ curve, secret: none, point: none });
      return String(parts.findIndex((part) => guard.matches(part)) + 1);
    });
    expect(answers).toEqual(expected);
    expect(expected.filter((each) => each !== '0').length).toBeGreaterThan(100);
  });
});
