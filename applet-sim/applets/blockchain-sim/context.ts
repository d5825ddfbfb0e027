// SPDX-License-Identifier: Apache-2.0
import type { Confirmation } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import type { CardCurve } from '../../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../../protocol/crypto/card-hash.ts';
import type { LogEvent } from '../../../protocol/security-log.ts';
import type { Random } from '../../runtime/crypto.ts';
import type { Execution } from '../../runtime/execution.ts';
import type { NonVolatile } from '../../runtime/non-volatile.ts';
import type { Workspace } from '../../runtime/workspace.ts';
import type { SecurityDomain } from '../../security-domain/secure-channel.ts';
import { type EventFacts, logged } from './event-log.ts';
import type { Session } from './session.ts';
import type { BlockchainSimState } from './state.ts';

/** What the application has of the card, whichever logical channel a command comes on. */
export type Resources = {
  readonly memory: NonVolatile<BlockchainSimState>;
  readonly domain: SecurityDomain;
  readonly execution: Execution;
  readonly workspace: Workspace;
  readonly random: Random;
  /** Curves on which it makes keys. */
  readonly algorithms: readonly CardCurve[];
  readonly hashes: readonly CardHash[];
  readonly confirmation: Confirmation;
};

/** What the handlers work on. */
export type Context = Resources & {
  readonly session: Session;
  /** Counts up when the card changes hands, which ends every verification of a PIN on every channel. */
  readonly era: { now: number };
};

/** Changes the draft of the state. */
export const update = ({ memory }: Pick<Resources, 'memory'>, changes: Partial<BlockchainSimState>): void =>
  memory.replace({ ...memory.state, ...changes });

/** Adds an event to the log in the draft of the state. */
export const log = ({ memory }: Pick<Resources, 'memory'>, event: LogEvent, facts: EventFacts = {}): void =>
  update({ memory }, { log: logged(memory.state.log, event, facts) });
