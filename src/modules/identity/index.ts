// SPDX-License-Identifier: Apache-2.0
import { type GenesisValue, genesisObject } from '../../chain/genesis.ts';
import type { GenesisContext, Module } from '../../chain/module.ts';
import { executeCreate, executeDeactivate } from './handlers.ts';
import {
  claimsOfCreate,
  decodeCreate,
  decodeDeactivate,
  validateCreate,
  validateDeactivate,
} from './messages.ts';
import { recordsAreConsistent } from './queries.ts';

export * from './did-document.ts';
export * from './errors.ts';
export {
  CREATE,
  type Create,
  createMessage,
  DEACTIVATE,
  type Deactivate,
  deactivateMessage,
} from './messages.ts';
export { POSSESSION_TYPE, type PossessionFields, possessionProof } from './possession.ts';
export { readIdentity, resolve } from './queries.ts';
export { decodeIdentity, didKey, type IdentityKey, type IdentityRecord, type Moment } from './state.ts';

/** DIDs with proof of possession of their key. */
export const identity: Module = {
  name: 'identity',
  messages: {
    create: {
      decode: decodeCreate,
      validate: validateCreate,
      claims: claimsOfCreate,
      execute: executeCreate,
    },
    deactivate: { decode: decodeDeactivate, validate: validateDeactivate, execute: executeDeactivate },
  },
  genesis: initIdentity,
  invariants: { 'records are consistent': recordsAreConsistent },
};

/** The section holds nothing: identities are created by transactions. Throws `chain/bad-genesis`. */
function initIdentity(_context: GenesisContext, section: GenesisValue | undefined): void {
  if (section !== undefined) genesisObject('modules.identity', section, []);
}
