// SPDX-License-Identifier: Apache-2.0
import type { Address } from '../chain/address.ts';
import type { Did } from '../chain/did.ts';
import { decodeIdentity, didKey, identity } from '../modules/identity/index.ts';
import { balanceKey, type Currency, decodeBalance, money } from '../modules/money/index.ts';
import { CliError } from './errors.ts';
import type { TrustedChain } from './trusted-chain.ts';

/** What the chain must have after the demo. */
export type DemoExpectation = {
  /** An identity that is there, with one key. */
  readonly anchored: Did;
  /** An identity that is not there. */
  readonly absent: Did;
  readonly currency: Currency;
  /** Balances in minor units. */
  readonly balances: readonly (readonly [address: Address, amount: bigint])[];
};

/**
 * Checks the outcome of the demo by proofs alone; gives the height that they are of.
 * Throws `cli/demo-failed` and `light-client/…`.
 */
export async function checkDemo(trusted: TrustedChain, expected: DemoExpectation): Promise<bigint> {
  const { anchored, absent, currency, balances } = expected;
  const record = await trusted.state(identity.name, didKey(anchored));
  requireProven(
    record.value !== undefined && decodeIdentity(record.value).keys.length === 1,
    'an anchored identity',
  );
  const nothing = await trusted.state(identity.name, didKey(absent));
  requireProven(nothing.value === undefined, 'the absence of an identity that nobody anchored');
  for (const [address, amount] of balances) {
    const { value } = await trusted.state(money.name, balanceKey(currency, address));
    requireProven(decodeBalance(value) === amount, `a balance of ${amount}`);
  }
  return record.height;
}

function requireProven(holds: boolean, what: string): void {
  if (holds) return;
  throw new CliError('cli/demo-failed', `demo failed: found no valid proof of ${what}, expected one`, {
    what,
  });
}
