// SPDX-License-Identifier: Apache-2.0

/** Exit codes of `bsim` and what each means. */
export const exitCodes = {
  0: 'done',
  1: 'internal fault: a bug of the toolkit; please report it',
  2: 'usage or bad input: an option, an argument or a file',
  3: 'card or reader',
  4: 'refused by the chain, or not found there',
  5: 'environment: a driver missing, a node not reached, a port or file in use, a disk full',
  130: 'interrupted by the user',
} as const;

/** An exit code of `bsim`. */
export type ExitCode = keyof typeof exitCodes;

/** Exit code of the errors of an area, where no line below says otherwise. */
const byArea: Readonly<Record<string, ExitCode>> = {
  protocol: 2,
  card: 3,
  attestation: 3,
  emulator: 5,
  provisioning: 2,
  wallet: 2,
  chain: 4,
  identity: 4,
  money: 4,
  'light-client': 4,
  api: 5,
  cli: 2,
};

const byCode: Readonly<Record<string, ExitCode>> = {
  'protocol/bad-secure-message': 3,
  'card/reader-uri': 2,
  'card/bad-transcript': 2,
  'card/driver-missing': 5,
  'card/closed': 1,
  'emulator/card-closed': 1,
  'emulator/card-file-damaged': 3,
  'emulator/card-file-version': 3,
  'emulator/card-image-not-read': 3,
  'attestation/bad-authority': 2,
  'provisioning/card-mismatch': 3,
  'provisioning/not-written': 5,
  'chain/bad-chain-id': 2,
  'chain/bad-address': 2,
  'chain/bad-did': 2,
  'chain/bad-hash': 2,
  'chain/bad-genesis': 2,
  'chain/genesis-mismatch': 2,
  'chain/bad-producer-key': 2,
  'chain/wrong-producer-key': 2,
  'chain/not-initialised': 2,
  'chain/already-initialised': 2,
  'chain/driver-missing': 5,
  'chain/data-directory-in-use': 5,
  'chain/data-damaged': 5,
  'chain/store-failed': 5,
  'chain/replay-mismatch': 5,
  'chain/stopped': 5,
  'chain/invariant-broken': 1,
  'chain/module-fault': 1,
  'api/bad-request': 2,
  'api/too-large': 2,
  'api/unsupported-media-type': 2,
  'api/not-found': 4,
  'cli/confirmation-needed': 3,
  'cli/replay-differs': 3,
  'cli/file-not-written': 5,
  'cli/batch-running': 5,
  'cli/transaction-failed': 4,
  'cli/no-such-identity': 4,
  'cli/identity-taken': 4,
  'cli/node-contradicts-proof': 4,
  'cli/demo-failed': 1,
  'cli/cancelled': 130,
};

/** Exit code of an error code `area/what`; 1 for an area that is not ours. */
export const exitCodeOf = (code: string): ExitCode => byCode[code] ?? byArea[code.split('/')[0] ?? ''] ?? 1;

/** Error codes with an exit code of their own, so that a test finds those that no longer exist. */
export const overriddenCodes: readonly string[] = Object.keys(byCode);
