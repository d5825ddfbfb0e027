// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import type { AnyCommand } from '../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import type { Operation } from '../../runtime/workspace.ts';
import { log, type Resources } from './context.ts';
import type { ChosenKey } from './session.ts';

/** How far a confirmation is: what the card waits for next. */
export type Stage =
  /** FETCH of the text, then the answer to it. */
  | 'show'
  | 'shown'
  /** FETCH of the question, then the answer to it. */
  | 'ask'
  | 'asked'
  /** CONFIRM with the PIN. */
  | 'pin'
  /** COMPUTE DIGITAL SIGNATURE without data. */
  | 'confirmed';

/** A transaction that the card has read and that its holder is to confirm. */
export type Confirmation = Operation & {
  readonly kind: 'confirmation';
  readonly choice: ChosenKey;
  /** SHA-256 of the Sig_structure: what is shown, compared, and logged. */
  readonly hash: Uint8Array;
  /** What is signed: the hash, or for Ed25519 the Sig_structure itself. */
  readonly toSign: Uint8Array;
  /** Count towards the cumulative limit once it is signed. */
  readonly spent: bigint;
  /** What the handset shows, ASCII. */
  readonly text: string;
  stage: Stage;
};

/** A confirmation that begins. */
export const newConfirmation = (parts: Omit<Confirmation, 'kind' | 'wipe'>): Confirmation => ({
  ...parts,
  kind: 'confirmation',
  wipe: () => wipe(parts.hash, parts.toSign),
});

/** The confirmation under way, whoever began it. */
export function confirmationOf({ workspace }: Pick<Resources, 'workspace'>): Confirmation | undefined {
  const operation = workspace.operation as { readonly kind?: unknown } | undefined;
  return operation?.kind === 'confirmation' ? (operation as Confirmation) : undefined;
}

/** Commands that a confirmation survives at that stage; all others end it, on whichever logical channel they come. */
const next: Readonly<Record<Stage, AnyCommand>> = {
  show: commands.fetch,
  shown: commands.terminalResponse,
  ask: commands.fetch,
  asked: commands.terminalResponse,
  pin: commands.confirmWithPin,
  confirmed: commands.computeDigitalSignature,
};

/** Ends a confirmation when another command comes than the one it waits for, and logs that. */
export function endUnexpected(
  resources: Resources,
  command: AnyCommand,
  channel: number,
  hasData: boolean,
): void {
  const confirmation = confirmationOf(resources);
  if (confirmation === undefined) return;
  const isExpected = command === next[confirmation.stage] && channel === confirmation.channel;
  // COMPUTE DIGITAL SIGNATURE with data signs something else.
  if (isExpected && (confirmation.stage !== 'confirmed' || !hasData)) return;
  endConfirmation(resources);
}

/** Ends a confirmation, if one waits, and logs that it was not given; the entry is in the memory when this returns. */
export function endConfirmation(resources: Resources): void {
  const confirmation = confirmationOf(resources);
  if (confirmation === undefined) return;
  resources.workspace.end();
  log(resources, 'confirmation-refused', { reference: confirmation.choice.reference });
  resources.memory.commit();
}
