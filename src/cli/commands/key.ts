// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addAttestationVerbs } from './key-attestation.ts';
import { addMakingVerbs } from './key-making.ts';
import { addReadingVerbs } from './key-reading.ts';

/** `bsim key`: the keys on the card. */
export function registerKey(program: Command): void {
  const key = program.command('key').description('keys on the card; private keys never leave it');
  addMakingVerbs(key);
  addReadingVerbs(key);
  addAttestationVerbs(key);
}
