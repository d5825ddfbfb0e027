// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../../../../applet-sim/applets/blockchain-sim/transaction/address-text.ts';
import { confirmationText } from '../../../../../applet-sim/applets/blockchain-sim/transaction/confirmation-text.ts';
import type {
  MessageSummary,
  TransactionSummary,
} from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-summary.ts';
import { fromHex } from '../../../../../protocol/bytes.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { addressFromBytes, formatAddress } from '../../../../../src/chain/address.ts';

const hash = fromHex(`1a2b3c4d${'00'.repeat(28)}`);
const to = Uint8Array.from({ length: 32 }, (_byte, at) => at);
// By @scure/base, which the chain uses.
const payee = formatAddress(addressFromBytes(to));
const summaryOf = (...messages: readonly MessageSummary[]): TransactionSummary => ({
  chainId: 'bsim-test-1',
  lane: 0,
  sequence: 0n,
  expiry: 9n,
  messages,
});
const pays = (amount: bigint, currency = 'XTS'): TransactionSummary =>
  summaryOf({ name: 'money/transfer', transfer: { to, currency, amount } });
const limit = { currency: 'XTS', digits: 2, perTransaction: 1n };

describe('the text that the holder confirms', () => {
  it.each([
    [1250n, 2, '12.50'],
    [1n, 2, '0.01'],
    [10n, 2, '0.10'],
    [100n, 2, '1.00'],
    [1n, 0, '1'],
    [1250n, 0, '1250'],
    [1n, 18, '0.000000000000000001'],
    [10n ** 18n, 18, '1.000000000000000000'],
    [2n ** 64n - 1n, 18, '18.446744073709551615'],
    [2n ** 64n - 1n, 0, '18446744073709551615'],
    [12_345n, 3, '12.345'],
  ])('gives %s smallest units of %i digits as %s', (amount, digits, text) => {
    expect(confirmationText(pays(amount), { ...limit, digits }, hash)).toBe(
      `Pay ${text} XTS to ${payee} on bsim-test-1? Hash 1A2B3C4D`,
    );
  });

  it('says that it counts smallest units when the policy has no limit, or one in another currency', () => {
    const text = `Pay 1250 XTS (smallest units) to ${payee} on bsim-test-1? Hash 1A2B3C4D`;
    expect(confirmationText(pays(1250n), undefined, hash)).toBe(text);
    expect(confirmationText(pays(1250n), { ...limit, currency: 'XXX' }, hash)).toBe(text);
  });

  it('names any other message', () => {
    const text = confirmationText(summaryOf({ name: 'identity/create' }), limit, hash);
    expect(text).toBe('Sign identity/create on bsim-test-1? Hash 1A2B3C4D');
  });

  it('is not there for two messages or none', () => {
    const refusal = expect.objectContaining({ sw: SW.wrongState });
    const create = { name: 'identity/create' };
    expect(() => confirmationText(summaryOf(create, create), limit, hash)).toThrow(refusal);
    expect(() => confirmationText(summaryOf(), limit, hash)).toThrow(refusal);
  });

  it('is ASCII of at most 164 bytes', () => {
    const longest = [
      confirmationText({ ...pays(2n ** 64n - 1n), chainId: 'c'.repeat(32) }, undefined, hash),
      confirmationText(pays(2n ** 64n - 1n), { ...limit, digits: 18 }, hash),
      confirmationText(summaryOf({ name: `${'a'.repeat(30)}/b` }), undefined, hash),
    ];
    for (const text of longest) expect(text).toMatch(/^[\x20-\x7e]{1,164}$/);
    expect(longest[0]).toHaveLength(163);
  });
});

describe('the text of an address', () => {
  it('is that of @scure/base for every address', () => {
    const address = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(address, (bytes) => {
        expect(addressText(bytes)).toBe(formatAddress(addressFromBytes(bytes)));
      }),
      { numRuns: 1000 },
    );
  });

  it('is that of @scure/base with any one bit set', () => {
    for (let bit = 0; bit < 256; bit++) {
      const bytes = new Uint8Array(32);
      bytes[bit >> 3] = 1 << (bit & 7);
      expect(addressText(bytes)).toBe(formatAddress(addressFromBytes(bytes)));
    }
  });
});
