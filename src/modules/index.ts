// SPDX-License-Identifier: Apache-2.0
import type { Module } from '../chain/module.ts';
import { identity } from './identity/index.ts';
import { money } from './money/index.ts';

export * from './identity/index.ts';
export * from './money/index.ts';

/** Every module of the toolkit's chain. */
export const modules: readonly Module[] = [identity, money];
