// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, encodeResponseApdu, SHORT_LE_MAX } from '../../protocol/apdu.ts';
import { moreDataStatus, rightLengthStatus, SW } from '../../protocol/status-word.ts';
import { StatusFault } from './status-fault.ts';

/** How answers reach the reader: as T=1 carries them, or with the procedures of T=0. */
export type Profile = 't1' | 't0';

/**
 * Gives a command's response data to the reader and keeps what did not fit.
 *
 * t1: up to Ne bytes (none where there is no Le field), then 61XX when more remain.
 * t0: after a command with data always 61XX; after one without data 6CXX unless Le is right. The response is kept
 * over a 6CXX, so that repeating the command does not carry it out twice.
 * Source: ISO/IEC 7816-4:2020 §5.3.4 and §11.7.1; ISO/IEC 7816-3:2006 §12.2.
 */
export type ResponseQueue = {
  /** R-APDU to a command that ended with `data` and `sw`, which comes with the last part of the data. */
  give(command: CommandApdu, data: Uint8Array, sw?: number): Uint8Array;
  /** R-APDU to GET RESPONSE. Throws {@link StatusFault} 6985 when nothing waits. */
  next(le: number | undefined): Uint8Array;
  /** R-APDU when this is the command of the last 6CXX again; undefined otherwise. */
  repeat(command: CommandApdu): Uint8Array | undefined;
  /** Whether this is the header of the command of the last 6CXX, whose repetition is no new command. */
  holds(header: Header): boolean;
  /** Forgets what waits. */
  drop(): void;
};

type Response = { readonly data: Uint8Array; readonly sw: number };

const none = new Uint8Array(0);

/** An empty queue of that profile. */
export function responseQueue(profile: Profile): ResponseQueue {
  let waiting: Response | undefined;
  let held: { readonly command: CommandApdu; readonly response: Response } | undefined;

  const part = ({ data, sw }: Response, ne: number): Uint8Array => {
    const rest = data.length - ne;
    waiting = rest > 0 ? { data: data.slice(ne), sw } : undefined;
    return encodeResponseApdu({
      data: rest > 0 ? data.subarray(0, ne) : data,
      sw: rest > 0 ? moreDataStatus(rest) : sw,
    });
  };
  const wrongLe = ({ data }: Response): Uint8Array =>
    encodeResponseApdu({ data: none, sw: rightLengthStatus(rightLe(data)) });
  // Gives the response when Le is right; holds it for the repetition otherwise.
  const giveExactly = (command: CommandApdu, response: Response): Uint8Array => {
    const most = rightLe(response.data);
    const right = (command.le ?? SHORT_LE_MAX) === most;
    held = right ? undefined : { command, response };
    return right ? part(response, most) : wrongLe(response);
  };

  return {
    give: (command, data, sw = SW.ok) => {
      if (data.length === 0) return encodeResponseApdu({ data: none, sw });
      const response = { data, sw };
      if (profile === 't1') return part(response, command.le ?? 0);
      return command.data.length > 0 ? part(response, 0) : giveExactly(command, response);
    },
    next: (le) => {
      if (waiting === undefined) throw new StatusFault(SW.wrongState);
      if (profile === 't1') return part(waiting, le ?? 0);
      const ne = le ?? SHORT_LE_MAX;
      return ne > waiting.data.length ? wrongLe(waiting) : part(waiting, ne);
    },
    repeat: (command) =>
      held !== undefined && command.data.length === 0 && sameHeader(command, held.command)
        ? giveExactly(command, held.response)
        : undefined,
    holds: (header) => held !== undefined && sameHeader(header, held.command),
    drop: () => {
      waiting = undefined;
      held = undefined;
    },
  };
}

const rightLe = (data: Uint8Array): number => Math.min(data.length, SHORT_LE_MAX);

type Header = Pick<CommandApdu, 'cla' | 'ins' | 'p1' | 'p2'>;

const sameHeader = (a: Header, b: Header): boolean =>
  a.cla === b.cla && a.ins === b.ins && a.p1 === b.p1 && a.p2 === b.p2;
