// SPDX-License-Identifier: Apache-2.0
import { CLA_CHAINING } from '../protocol/apdu.ts';
import type { AnyCommand, RequestOf, ResponseOf } from '../protocol/command.ts';
import { getApplicationInformation } from '../protocol/commands/blockchain-sim/get-data.ts';
import { ToolkitError } from '../protocol/error-table.ts';
import { SW } from '../protocol/status-word.ts';
import { StatusFault } from './runtime/status-fault.ts';

/*
 * Order of checks, the same for every command; the first that fails gives the status word:
 *
 *  1. at least 4 bytes             6700
 *  2. class                        6E00   logical channel 0 only
 *  3. instruction                  6D00   of the card or of the selected application, in that class
 *  4. P1-P2                        6A86   for GET DATA, whose P1-P2 is a tag, 6A88
 *  5. command chaining             6884   the command takes none · 6883 another command's chain runs (SELECT ends it)
 *  6. length                       6700   Lc and Le fit the bytes; the whole data field fits the layout's min and max
 *  7. life cycle, then PIN         6985, 6982   also on each part of a chain, so that nobody unknown fills the memory
 *  8. data                         6A80   layout, identifiers, a new PIN's form, an algorithm that is not declared
 *  9. what the data refers to      6A88, 6A89, 6983, 63CX, 6985
 * 10. memory                       6581
 *
 * Access comes before data, as on real cards: who may not use a command learns nothing about its data, and no parser
 * runs for him.
 */

/** Handlers of a catalogue: a command without one does not compile. */
export type HandlersOf<Commands extends Readonly<Record<string, AnyCommand>>, Context> = {
  readonly [K in keyof Commands]: (
    request: RequestOf<Commands[K]>,
    context: Context,
  ) => ResponseOf<Commands[K]>;
};

/** One command bound to what carries it out. */
export type Route = {
  readonly command: AnyCommand;
  /** Throws {@link StatusFault} when life cycle or PIN do not allow the command. */
  readonly admit: () => void;
  /** Response data for the whole command data. Throws {@link StatusFault}. */
  readonly run: (data: Uint8Array) => Uint8Array;
};

/** Routes of every command of a catalogue. */
export function bindCommands<Commands extends Readonly<Record<string, AnyCommand>>, Context>(
  commands: Commands,
  handlers: HandlersOf<Commands, Context>,
  context: Context,
  admit: (command: AnyCommand) => void,
): readonly Route[] {
  return Object.entries(commands).map(([name, command]) => {
    const handler = handlers[name] as (request: unknown, context: Context) => unknown;
    return {
      command,
      admit: () => admit(command),
      run: (data) => command.response.encode(handler(decodeData(command, data), context)),
    };
  });
}

/** Finds the route of a C-APDU by its header. */
export type RouteTable = {
  /** `apdu` has at least 4 bytes. Throws {@link StatusFault} 6E00, 6D00, 6A86 or 6A88. */
  find(apdu: Uint8Array): Route;
};

/** A table over routes; `classes` are all that the card knows, whichever application is selected. */
export function routeTable(routes: readonly Route[], classes: ReadonlySet<number>): RouteTable {
  const byHeader = new Map(
    routes.map((route) => [headerKey(route.command.cla, route.command), route] as const),
  );
  const instructions = new Set(routes.map(({ command }) => (command.cla << 8) | command.ins));
  return {
    find: (apdu) => {
      const [cla = 0, ins = 0, p1 = 0, p2 = 0] = apdu;
      const plain = cla & ~CLA_CHAINING;
      const route = byHeader.get(headerKey(plain, { ins, p1, p2 }));
      if (route !== undefined) return route;
      if (!classes.has(plain)) throw new StatusFault(SW.unknownClass);
      if (!instructions.has((plain << 8) | ins)) throw new StatusFault(SW.unknownInstruction);
      throw new StatusFault(ins === getApplicationInformation.ins ? SW.notFound : SW.badParameters);
    },
  };
}

const headerKey = (cla: number, { ins, p1, p2 }: { ins: number; p1: number; p2: number }): number =>
  (cla << 24) | (ins << 16) | (p1 << 8) | p2;

function decodeData(command: AnyCommand, data: Uint8Array): unknown {
  try {
    return command.data.decode(data);
  } catch (cause) {
    if (cause instanceof ToolkitError) throw new StatusFault(SW.badData, { cause });
    throw cause;
  }
}
