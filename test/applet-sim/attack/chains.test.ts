// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openAdministrator } from '../support/administrator.ts';
import { apdus } from '../support/apdu.ts';
import { transfer } from '../support/transaction-payload.ts';
import {
  deleteKey,
  ED25519,
  generate,
  IDENTITY,
  inParts,
  onChannel,
  P256,
  policy,
  transactionOf,
  twoChannels,
  WALLET,
} from '../support/two-channels.ts';

const DIGESTS_AND_ALL = policy(0x27);
const LIMITED = policy(0x24, 3000);
const digest = createHash('sha256').update('any').digest('hex').toUpperCase();

/** Deletes the key in slot 1 on the other channel, and makes another there. */
const replaceKey = (made: string): readonly string[] => [deleteKey(1), made].map((c) => onChannel(1, c));

describe('a chain of commands whose key another channel deletes and replaces', () => {
  it.each([
    ['an identity key', IDENTITY],
    ['a wallet', WALLET],
  ])('signs no digest with %s that is gone, nor with the one in its place', (_, role) => {
    const made = generate(1, P256, role, DIGESTS_AND_ALL);
    const { last, faults } = twoChannels([made]);
    const [first = '', second = ''] = inParts('002A9E9A', digest, 16);
    expect(last(apdus.chooseSignatureKey(1), first)).toBe('9000');
    expect(last(...replaceKey(made))).toMatch(/9000$/);
    expect(last(second)).toBe('6985');
    expect(faults).toEqual([]);
  });

  it('signs no message with Ed25519', () => {
    const made = generate(1, ED25519, WALLET, DIGESTS_AND_ALL);
    const { last } = twoChannels([made]);
    const [first = '', second = ''] = inParts('002A9E9A', digest, 16);
    expect(last(apdus.chooseSignatureKey(1), first)).toBe('9000');
    expect(last(...replaceKey(made))).toMatch(/9000$/);
    expect(last(second)).toBe('6985');
  });

  it('signs no message that was hashed', () => {
    const made = generate(1, P256, WALLET, DIGESTS_AND_ALL);
    const { last } = twoChannels([made]);
    const [first = '', second = ''] = inParts('002A9080', digest, 16);
    expect(last(apdus.chooseSignatureKey(1), first)).toBe('9000');
    last(...replaceKey(made), second);
    expect(last('002A9E9A00')).toBe('6985');
  });

  it('wins no second helping of a spending limit', () => {
    const made = generate(1, P256, WALLET, LIMITED);
    const { last } = twoChannels([made]);
    const transaction = inParts(
      '802A9E9A',
      transactionOf('P-256', last(apdus.readKey(1)), transfer(2000)),
      100,
    );
    const [first = '', ...rest] = transaction;
    expect(last(apdus.chooseSignatureKey(1), ...transaction)).toMatch(/^.{128}9000$/);
    expect(last(first)).toBe('9000');
    expect(last(...replaceKey(made))).toMatch(/9000$/);
    expect(last(...rest)).toBe('6985');
  });
});

describe('a chain of commands inside a secure channel', () => {
  const [first = '', second = '', third = ''] = inParts('002A9080', digest, 11);

  it('takes no part beside the secure channel, and is over then', () => {
    const { card, last } = twoChannels([generate(1, P256, IDENTITY, DIGESTS_AND_ALL)]);
    const administrator = openAdministrator(card);
    expect(administrator.send(apdus.chooseSignatureKey(1), first)).toEqual(['9000', '9000']);
    expect(last(second)).toBe('6883');
    expect(administrator.send(third, '002A9E9A00')).toEqual(['9000', expect.stringMatching(/9000$/)]);
  });

  it('is not what a chain beside it goes on as', () => {
    const { card, last } = twoChannels([generate(1, P256, IDENTITY, DIGESTS_AND_ALL)]);
    const administrator = openAdministrator(card);
    expect(last(apdus.chooseSignatureKey(1), first)).toBe('9000');
    expect(administrator.send(second)).toEqual(['6883']);
    expect(last('002A9E9A00')).toBe('6985');
  });
});
