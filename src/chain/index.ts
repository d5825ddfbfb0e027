// SPDX-License-Identifier: Apache-2.0
export * from './address.ts';
export * from './block.ts';
export * from './chain-id.ts';
export * from './did.ts';
export * from './errors.ts';
export * from './genesis.ts';
export * from './hash.ts';
export * from './module.ts';
export * from './node.ts';
export * from './receipt.ts';
export * from './store/store.ts';
export * from './transaction.ts';
