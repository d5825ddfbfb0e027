// SPDX-License-Identifier: Apache-2.0
export { ACCOUNTS, decodeSequence, laneKey } from '../accounts.ts';
export * from '../address.ts';
export * from '../chain-id.ts';
export * from '../did.ts';
export { type Genesis, parseGenesis } from '../genesis.ts';
export * from './errors.ts';
export * from './light-client.ts';
