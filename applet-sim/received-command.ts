// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, decodeCommandApdu } from '../protocol/apdu.ts';
import { CLA_CHANNEL, CLA_SECURE_MESSAGING, plainClass } from '../protocol/command.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { SW } from '../protocol/status-word.ts';
import { StatusFault } from './runtime/status-fault.ts';

/** A command as it came, whose length fields fit its bytes. */
export type ReceivedCommand = CommandApdu & {
  /** Logical channel that its class names, open or not. */
  readonly channel: number;
  /** Whether its data field came with an extended Lc. */
  readonly hasExtendedLc: boolean;
};

/** A command from its bytes; the data is a copy. Throws {@link StatusFault} 6700, 6E00. */
export function receiveCommand(apdu: Uint8Array): ReceivedCommand {
  const command = decoded(apdu);
  const { cla, data } = command;
  if (data.length > DATA_MAX) throw new StatusFault(SW.wrongLength);
  const plain = plainClass(cla);
  if (plain !== 0x00 && plain !== 0x80) throw new StatusFault(SW.unknownClass);
  if ((cla & CLA_SECURE_MESSAGING) !== 0 && isOfCard(command)) throw new StatusFault(SW.unknownClass);
  return { ...command, channel: cla & CLA_CHANNEL, hasExtendedLc: data.length > 0 && apdu[4] === 0 };
}

/** Longest data field: lengths are 16-bit integers with a sign on a Java Card, and what it does not take is refused here. */
const DATA_MAX = 0x7fff;

const instructionsOfCard: ReadonlySet<number> = new Set(Object.values(cardCommands).map(({ ins }) => ins));

/** Whether the instruction is one of the card: SELECT, MANAGE CHANNEL, GET RESPONSE, which are in class 00. */
const isOfCard = ({ cla, ins }: CommandApdu): boolean => plainClass(cla) === 0 && instructionsOfCard.has(ins);

function decoded(apdu: Uint8Array): CommandApdu {
  try {
    return decodeCommandApdu(apdu);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw new StatusFault(SW.wrongLength, { cause });
    throw cause;
  }
}
