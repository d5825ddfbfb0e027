// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { apdus, send } from '../support/apdu.ts';
import { DEFECT_KINDS, damage, encodeItem, parseItem } from '../support/loose-cbor.ts';
import { chainReads } from '../support/transaction-feed.ts';
import { transfer } from '../support/transaction-payload.ts';
import {
  ED25519,
  field,
  generate,
  IDENTITY,
  inParts,
  onChannel,
  P256,
  policy,
  type Talk,
  transactionOf,
  twoChannels,
  WALLET,
} from '../support/two-channels.ts';

const SIGN = '002A9E9A00';
const SIGNED = /^.{128}9000$/;
/** Messages, transactions; a limit that every transfer here is beyond. */
const BOUND = policy(0x06, 1000);
const HASHES = ['01', '02', '03', '04'];

/** The answer to the last of the commands, or to the first that was refused: what comes after that is another message. */
function through({ card }: Talk, ...commands: readonly string[]): string {
  let answer = '';
  for (const command of commands) {
    [answer = ''] = send(card, command);
    if (!answer.endsWith('9000')) break;
  }
  return answer;
}

describe.each([
  ['P-256', P256],
  ['secp256k1', 2],
] as const)('a key on %s whose limit a transaction is beyond', (curve, algorithm) => {
  const talk = twoChannels([generate(1, algorithm, IDENTITY, BOUND), generate(2, algorithm, WALLET, BOUND)]);
  const { last } = talk;
  const transactions = [1, 2].map((slot) => transactionOf(curve, last(apdus.readKey(slot)), transfer(2000)));

  it.each([1, 2])('does not sign it as a transaction, with the key in slot %i', (slot) => {
    const transaction = transactions[slot - 1] ?? '';
    expect(last(apdus.chooseSignatureKey(slot), ...inParts('802A9E9A', transaction, 200))).toBe('6985');
  });

  it.each([1, 2])(
    'does not sign it as a message, by any hash, cut at any place, with the key in slot %i',
    (slot) => {
      const transaction = transactions[slot - 1] ?? '';
      for (const hash of HASHES)
        for (let at = 1; at < 60; at += hash === '01' ? 1 : 9) {
          const [before, after] = [transaction.slice(0, 2 * at), transaction.slice(2 * at)];
          last(field('002241B6', `84010${slot}8001${hash}`));
          const parts = [field('102A9080', before), '102A9080', ...inParts('002A9080', after, 200)];
          expect(through(talk, ...parts, SIGN)).toBe('6985');
        }
    },
  );

  it('does not sign it as a message whose middle another logical channel began anew', () => {
    const transaction = transactions[0] ?? '';
    const rest = inParts('002A9080', transaction.slice(20), 200);
    last(apdus.chooseSignatureKey(1), onChannel(1, apdus.chooseSignatureKey(1)));
    expect(last(field('102A9080', transaction.slice(0, 20)))).toBe('9000');
    expect(last(onChannel(1, field('002A9080', '00')))).toBe('9000');
    expect(through(talk, ...rest, SIGN)).toBe('6985');
    expect(last(onChannel(1, SIGN))).toMatch(SIGNED);
  });

  it('takes no digest for it, whatever was chosen before', () => {
    for (const hash of HASHES)
      expect(
        last(field('002241B6', `8401018001${hash}`), apdus.sign('00'.repeat(hash === '02' ? 64 : 32))),
      ).toBe('6985');
  });
});

describe('a key on Ed25519 whose limit a transaction is beyond', () => {
  const talk = twoChannels([generate(1, ED25519, IDENTITY, BOUND)]);
  const { last } = talk;
  const transaction = transactionOf('Ed25519', last(apdus.readKey(1)), transfer(2000));

  it.each([1, 3, 17, 40, 200])('does not sign it as a message in parts of %i bytes', (size) => {
    expect(through(talk, apdus.chooseSignatureKey(1), ...inParts('002A9E9A', transaction, size))).toBe(
      '6985',
    );
    expect(through(talk, apdus.chooseSignatureKey(1), ...inParts('002A9080', transaction, size))).toBe(
      '6985',
    );
  });
});

it('signs as a message nothing that the chain reads as a transaction', () => {
  const talk = twoChannels([generate(1, P256, IDENTITY, policy(0x06))]);
  const { last } = talk;
  const good = fromHex(transactionOf('P-256', last(apdus.readKey(1))));
  let signed = 0;
  const defect = fc.record({
    kind: fc.nat(DEFECT_KINDS - 1),
    at: fc.nat(63),
    value: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.array(defect, { maxLength: 3 }), fc.integer({ min: 1, max: 255 }), (defects, size) => {
      const root = parseItem(good);
      for (const each of defects) damage(root, each);
      const bytes = encodeItem(root);
      fc.pre(bytes.length > 0 && bytes.length < 2000);
      const parts = inParts('002A9080', toUpperHex(bytes), size);
      const answer = through(talk, apdus.chooseSignatureKey(1), ...parts, SIGN);
      if (!SIGNED.test(answer)) return;
      signed++;
      expect(chainReads(bytes)).toBeUndefined();
    }),
    { numRuns: 400 },
  );
  expect(signed).toBeGreaterThan(20);
});

describe('a cumulative limit', () => {
  it('is not gone round by two transactions that wait on two logical channels', () => {
    const { last } = twoChannels([generate(1, P256, IDENTITY, policy(0x14, 3000))]);
    const transaction = transactionOf('P-256', last(apdus.readKey(1)), transfer(2000));
    const parts = inParts('802A9E9A', transaction, 200);
    const hash = createHash('sha256').update(fromHex(transaction)).digest('hex');
    const confirm = field('80200001', `31323334FFFFFFFF${hash}`);
    const begin = [apdus.chooseSignatureKey(1), ...parts];
    expect(last(...begin)).toBe('9000');
    expect(last(...begin.map((command) => onChannel(1, command)))).toBe('9000');
    expect(last(confirm)).toBe('6985');
    expect(last(...[...begin, confirm, SIGN].map((command) => onChannel(1, command)))).toMatch(SIGNED);
    expect(last(SIGN)).toBe('6985');
    expect(last(...begin)).toBe('6985');
  });

  it('counts a signature that the power kept from leaving, and wins none', () => {
    const { card, last } = twoChannels([generate(1, P256, IDENTITY, policy(0x04, 3000))]);
    const parts = inParts('802A9E9A', transactionOf('P-256', last(apdus.readKey(1)), transfer(2000)), 200);
    last(apdus.chooseSignatureKey(1), ...parts);
    card.powerOff();
    last(apdus.select, apdus.verify);
    expect(last(apdus.chooseSignatureKey(1), ...parts)).toBe('6985');
  });
});
