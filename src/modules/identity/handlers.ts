// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import { addressOf } from '../../chain/address.ts';
import { didOf } from '../../chain/did.ts';
import type { ExecuteContext } from '../../chain/module.ts';
import { IdentityError } from './errors.ts';
import { CREATED, DEACTIVATED, identityEvent } from './events.ts';
import type { Create, Deactivate } from './messages.ts';
import { decodeIdentity, didKey, encodeIdentity } from './state.ts';

/** Fragment of the key that a DID begins with. */
export const FIRST_KEY = 'key-1';

/**
 * Creates the DID. Throws `identity/possession-expired`, `identity/possession-too-long`, `identity/exists` or
 * `identity/deactivated`.
 */
export function executeCreate(context: ExecuteContext, { key, possession }: Create): void {
  const { height, time, state, sender } = context;
  const { expiry } = possession;
  if (expiry < height) {
    throw new IdentityError(
      'identity/possession-expired',
      `DID not created: found a proof up to height ${expiry}, expected at least ${height}`,
      { expiry, height },
    );
  }
  const latest = height + BigInt(context.parameters.expiryWindow);
  if (expiry > latest) {
    throw new IdentityError(
      'identity/possession-too-long',
      `DID not created: found a proof up to height ${expiry}, expected at most ${latest}`,
      { expiry, latest },
    );
  }
  const did = didOf(context.chainId, addressOf(key));
  const stateKey = didKey(did);
  const present = state.get(stateKey);
  if (present !== undefined) {
    const code = decodeIdentity(present).deactivated ? 'identity/deactivated' : 'identity/exists';
    throw new IdentityError(code, `DID not created: found ${did} on the chain, expected a new one`, { did });
  }
  const now = { height, time };
  state.set(
    stateKey,
    encodeIdentity({
      version: 1n,
      controller: sender,
      keys: [{ fragment: FIRST_KEY, key }],
      created: now,
      updated: now,
      deactivated: false,
    }),
  );
  context.emit(CREATED, identityEvent(did, sender));
}

/** Ends the DID. Throws `identity/not-found`, `identity/not-controller` or `identity/deactivated`. */
export function executeDeactivate(context: ExecuteContext, { did }: Deactivate): void {
  const { height, time, state, sender } = context;
  const stateKey = didKey(did);
  const value = state.get(stateKey);
  if (value === undefined) {
    throw new IdentityError(
      'identity/not-found',
      `DID not deactivated: found nothing under ${did}, expected a DID of this chain`,
      { did },
    );
  }
  const record = decodeIdentity(value);
  if (!equalBytes(record.controller, sender)) {
    throw new IdentityError(
      'identity/not-controller',
      `DID not deactivated: found another sender, expected the controller of ${did}`,
      { did },
    );
  }
  if (record.deactivated) {
    throw new IdentityError(
      'identity/deactivated',
      `DID not deactivated: found ${did} deactivated before, expected an active one`,
      { did },
    );
  }
  state.set(
    stateKey,
    encodeIdentity({
      ...record,
      version: record.version + 1n,
      updated: { height, time },
      deactivated: true,
    }),
  );
  context.emit(DEACTIVATED, identityEvent(did, sender));
}
