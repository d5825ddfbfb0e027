// SPDX-License-Identifier: Apache-2.0
import { emulatorErrors } from '../applet-sim/errors.ts';
import { attestationErrors } from '../host/attestation/errors.ts';
import { cardErrors } from '../host/errors.ts';
import { provisioningErrors } from '../host/provisioning/errors.ts';
import { walletErrors } from '../host/wallet/errors.ts';
import type { ErrorTable } from '../protocol/error-table.ts';
import { protocolErrors } from '../protocol/errors.ts';
import { apiErrors } from '../src/api/errors.ts';
import { chainErrors } from '../src/chain/errors.ts';
import { lightClientErrors } from '../src/chain/light-client/errors.ts';
import { cliErrors } from '../src/cli/errors.ts';
import { identityErrors } from '../src/modules/identity/errors.ts';
import { moneyErrors } from '../src/modules/money/errors.ts';

/** The errors of one part of the toolkit. */
export type ErrorArea = {
  readonly title: string;
  /** File of the table, from the project root. */
  readonly file: string;
  readonly table: ErrorTable;
};

/** Every error table of the toolkit, from the bottom layer to the top. */
export const errorAreas: readonly ErrorArea[] = [
  { title: 'The card–host contract', file: 'protocol/errors.ts', table: protocolErrors },
  { title: 'Cards and readers', file: 'host/errors.ts', table: cardErrors },
  { title: 'The emulated card', file: 'applet-sim/errors.ts', table: emulatorErrors },
  { title: 'Attestation', file: 'host/attestation/errors.ts', table: attestationErrors },
  { title: 'Wallets', file: 'host/wallet/errors.ts', table: walletErrors },
  { title: 'Provisioning', file: 'host/provisioning/errors.ts', table: provisioningErrors },
  { title: 'The chain', file: 'src/chain/errors.ts', table: chainErrors },
  { title: 'The light client', file: 'src/chain/light-client/errors.ts', table: lightClientErrors },
  { title: 'Identities', file: 'src/modules/identity/errors.ts', table: identityErrors },
  { title: 'Money', file: 'src/modules/money/errors.ts', table: moneyErrors },
  { title: 'The HTTP API', file: 'src/api/errors.ts', table: apiErrors },
  { title: 'The command line', file: 'src/cli/errors.ts', table: cliErrors },
];
