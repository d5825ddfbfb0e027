// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes, uint16 } from '../protocol/bytes.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { SW } from '../protocol/status-word.ts';
import type { Application } from './applets/application.ts';
import { bindCommands, type HandlersOf, type RouteTable, routeTable } from './dispatch.ts';
import { StatusFault } from './runtime/status-fault.ts';

/** Which application is selected on the basic logical channel, and the commands that it and the card answer. */
export type Selection = {
  /** Routes that answer now; before a SELECT only the card's own. */
  readonly table: RouteTable;
  /** Deselects, as reset does: nothing is selected implicitly. */
  clear(): void;
  /** Tells the selected application that a command failed. */
  commandFailed(): void;
};

/** Tag of the longest command data field. Source: GlobalPlatform Card Specification 2.3.1 §11.9.3.1. */
const LONGEST_DATA_FIELD = Uint8Array.of(0x9f, 0x65, 0x02);

/**
 * Selection among the applications in that order; the first is the default one.
 *
 * A SELECT that finds nothing leaves the selected application selected, and its session as it was.
 */
export function openSelection(applications: readonly Application[]): Selection {
  const longest = Math.max(...applications.flatMap((a) => a.routes.map(({ command }) => command.data.max)));
  let selected = -1;

  const select = (aid: Uint8Array, from: number): { aid: Uint8Array; proprietary: Uint8Array } => {
    const found = applications.findIndex(
      (a, i) => i >= from && equalBytes(a.aid.subarray(0, aid.length), aid),
    );
    const application = applications[found];
    if (application === undefined) throw new StatusFault(SW.applicationNotFound);
    applications[selected]?.deselect();
    selected = found;
    return { aid: application.aid, proprietary: concat(LONGEST_DATA_FIELD, uint16(longest)) };
  };

  const handlers: HandlersOf<typeof cardCommands, void> = {
    select: (aid) => select(aid, 0),
    selectNext: (aid) => select(aid, selected + 1),
    // Never run: the card answers GET RESPONSE from its response queue.
    getResponse: () => {
      throw new StatusFault(SW.wrongState);
    },
  };
  const own = bindCommands(cardCommands, handlers, undefined, () => {});
  const all = [...own, ...applications.flatMap((a) => a.routes)];
  const classes = new Set(all.map(({ command }) => command.cla));
  const ownTable = routeTable(own, classes);
  const tables = applications.map((a) => routeTable([...own, ...a.routes], classes));

  return {
    get table() {
      return tables[selected] ?? ownTable;
    },
    clear: () => {
      applications[selected]?.deselect();
      selected = -1;
    },
    commandFailed: () => applications[selected]?.commandFailed(),
  };
}
