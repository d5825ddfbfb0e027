// SPDX-License-Identifier: Apache-2.0
import { type AnyCommand, hasParameters } from '../../../protocol/command.ts';
import { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../../protocol/commands/card/index.ts';
import { cardManagerCommands } from '../../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { SW } from '../../../protocol/status-word.ts';
import { refuse } from './outcome.ts';
import type { ModelChannel } from './state.ts';

const { select, selectNext, getResponse } = cardCommands;
const { externalAuthenticate } = secureChannelCommands;
const SECURED = 0x04;
const plainClass = (cla: number): number => cla & 0x80;

/** Whether a C-APDU has class and instruction of the command, on whichever channel. */
export const isInstruction = ([cla = 0, ins]: Uint8Array, command: AnyCommand): boolean =>
  (cla & 0xe8) === plainClass(command.cla) && ins === command.ins;

/** Commands by class and instruction, as an application answers them. */
function byInstruction(commands: readonly AnyCommand[]): ReadonlyMap<number, readonly AnyCommand[]> {
  const map = new Map<number, AnyCommand[]>();
  for (const command of [select, selectNext, getResponse, ...commands]) {
    const key = (plainClass(command.cla) << 8) | command.ins;
    map.set(key, [...(map.get(key) ?? []), command]);
  }
  return map;
}

const instructions = {
  custody: byInstruction(Object.values({ ...secureChannelCommands, ...blockchainSimCommands })),
  manager: byInstruction(Object.values({ ...secureChannelCommands, ...cardManagerCommands })),
} as const;

/** The command of a header, as the selected application answers it. Throws {@link Refusal}. */
export function commandOf(
  { selected }: ModelChannel,
  [cla = 0, ins = 0, p1 = 0, p2 = 0]: Uint8Array,
): AnyCommand {
  const candidates = instructions[selected ?? 'custody'].get((plainClass(cla) << 8) | ins);
  if (candidates === undefined) return refuse(SW.unknownInstruction);
  const command = candidates.find((each) => hasParameters(each, p1, p2));
  if (command === undefined) return refuse(ins === 0xca ? SW.notFound : SW.badParameters);
  if (command === externalAuthenticate && (cla & SECURED) === 0) refuse(SW.unknownClass);
  return command;
}
