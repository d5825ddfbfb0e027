// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes, uint16 } from '../protocol/bytes.ts';
import { plainClass } from '../protocol/command.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { SW } from '../protocol/status-word.ts';
import type { Application } from './applets/application.ts';
import { bindCommands, type HandlersOf, type RouteTable, routeTable } from './dispatch.ts';
import { StatusFault } from './runtime/status-fault.ts';

/** Which application is selected on a logical channel, and the commands that it and the card answer there. */
export type Selection = {
  /** Routes that answer now; before a SELECT only the card's own. */
  readonly table: RouteTable;
  /** Deselects, as reset does: nothing is selected implicitly. */
  clear(): void;
  /** Tells the selected application that a command failed. */
  commandFailed(): void;
};

/** What a logical channel asks of the card. */
export type ChannelServices = {
  /** Opens another channel and gives its number. Throws {@link StatusFault} 6A84. */
  openChannel(): number;
  /** Closes a channel, perhaps this one. Throws {@link StatusFault} 6985. */
  closeChannel(channel: number): void;
  /** Ends what the channel holds of the card: secure channel, operation under way. */
  release(): void;
};

/** Tag of the longest command data field. Source: GlobalPlatform Card Specification 2.3.1 §11.9.3.1. */
const LONGEST_DATA_FIELD = Uint8Array.of(0x9f, 0x65, 0x02);

/**
 * Selection on one logical channel, among the applications in that order; the first is the default one.
 *
 * A SELECT that finds nothing leaves the selected application selected, and its session as it was.
 */
export function openSelection(
  applications: readonly Application[],
  channel: number,
  services: ChannelServices,
): Selection {
  const sessions = applications.map((application) => application.open(channel));
  const longest = Math.max(
    ...sessions.flatMap(({ routes }) =>
      routes.map(({ command }) => (command.chaining === undefined ? 0 : Math.min(command.data.max, 4096))),
    ),
  );
  let selected = -1;

  const select = (aid: Uint8Array, from: number): { aid: Uint8Array; proprietary: Uint8Array } => {
    const found = applications.findIndex(
      (a, i) => i >= from && a.isSelectable() && equalBytes(a.aid.subarray(0, aid.length), aid),
    );
    const application = applications[found];
    if (application === undefined) throw new StatusFault(SW.applicationNotFound);
    sessions[selected]?.end();
    services.release();
    selected = found;
    return { aid: application.aid, proprietary: concat(LONGEST_DATA_FIELD, uint16(longest)) };
  };

  const handlers: HandlersOf<typeof cardCommands, void> = {
    select: (aid) => select(aid, 0),
    selectNext: (aid) => select(aid, selected + 1),
    openChannel: () => services.openChannel(),
    closeChannel: (number) => services.closeChannel(number),
    // Never run: the card answers GET RESPONSE from its response queue.
    getResponse: () => {
      throw new StatusFault(SW.wrongState);
    },
  };
  const own = bindCommands(cardCommands, handlers, undefined, () => {});
  const all = [...own, ...sessions.flatMap(({ routes }) => routes)];
  const classes = new Set(all.map(({ command }) => plainClass(command.cla)));
  const ownTable = routeTable(own, classes);
  const tables = sessions.map(({ routes }) => routeTable([...own, ...routes], classes));

  return {
    get table() {
      return tables[selected] ?? ownTable;
    },
    clear: () => {
      sessions[selected]?.end();
      services.release();
      selected = -1;
    },
    commandFailed: () => sessions[selected]?.commandFailed(),
  };
}
