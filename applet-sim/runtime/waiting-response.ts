// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, encodeResponseApdu, SHORT_LE_MAX } from '../../protocol/apdu.ts';
import { moreDataStatus, rightLengthStatus, SW } from '../../protocol/status-word.ts';
import { StatusFault } from './status-fault.ts';

/** How answers reach the reader: as T=1 carries them, or with the procedures of T=0. */
export type Profile = 't1' | 't0';

/**
 * Gives an application's response data to the reader and keeps what did not fit: of one command, for the logical channel
 * that it came on.
 *
 * t1: up to Ne bytes (none where there is no Le field), then 61XX when more remain.
 * t0: after a command with data always 61XX; after one without data 6CXX unless Le is right. The response is kept
 * over a 6CXX, so that repeating the command does not carry it out twice.
 * Source: ISO/IEC 7816-4:2020 §5.3.4 and §11.7.1; ISO/IEC 7816-3:2006 §12.2.
 */
export type WaitingResponse = {
  /** R-APDU to a command that ended with `data` and `sw`, which comes with the last part of the data. */
  give(command: CommandApdu, channel: number, data: Uint8Array, sw: number): Uint8Array;
  /** R-APDU to GET RESPONSE. Throws {@link StatusFault} 6985 when nothing waits for that channel. */
  next(channel: number, le: number | undefined): Uint8Array;
  /** R-APDU when this is the command of the last 6CXX again; undefined otherwise. */
  repeat(channel: number, command: CommandApdu): Uint8Array | undefined;
  /** Forgets what waits. */
  drop(): void;
  /** Forgets what waits for that channel. */
  dropOf(channel: number): void;
};

type Header = Pick<CommandApdu, 'cla' | 'ins' | 'p1' | 'p2'>;
type Response = { readonly channel: number; readonly data: Uint8Array; readonly sw: number };
/** `repeated` is the command of a 6CXX, by which alone the response is given. */
type Waiting = Response & { readonly repeated?: Header };

const none = new Uint8Array(0);

/** Nothing that waits, in that profile. */
export function waitingResponse(profile: Profile): WaitingResponse {
  let waiting: Waiting | undefined;

  const part = ({ channel, data, sw }: Response, ne: number): Uint8Array => {
    const rest = data.length - ne;
    waiting = rest > 0 ? { channel, data: data.slice(ne), sw } : undefined;
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
    if ((command.le ?? SHORT_LE_MAX) === most) return part(response, most);
    waiting = { ...response, repeated: command };
    return wrongLe(response);
  };

  return {
    give: (command, channel, data, sw) => {
      const response = { channel, data, sw };
      if (data.length === 0) return encodeResponseApdu({ data: none, sw });
      if (profile === 't1') return part(response, command.le ?? 0);
      return command.data.length > 0 ? part(response, 0) : giveExactly(command, response);
    },
    next: (channel, le) => {
      if (waiting === undefined || waiting.channel !== channel || waiting.repeated !== undefined)
        throw new StatusFault(SW.wrongState);
      if (profile === 't1') return part(waiting, le ?? 0);
      const ne = le ?? SHORT_LE_MAX;
      return ne > waiting.data.length ? wrongLe(waiting) : part(waiting, ne);
    },
    repeat: (channel, command) => {
      const isRepeated =
        waiting?.repeated !== undefined &&
        waiting.channel === channel &&
        command.data.length === 0 &&
        sameHeader(command, waiting.repeated);
      return isRepeated ? giveExactly(command, waiting as Response) : undefined;
    },
    drop: () => {
      waiting = undefined;
    },
    dropOf: (channel) => {
      if (waiting?.channel === channel) waiting = undefined;
    },
  };
}

const rightLe = (data: Uint8Array): number => Math.min(data.length, SHORT_LE_MAX);

const sameHeader = (a: Header, b: Header): boolean =>
  a.cla === b.cla && a.ins === b.ins && a.p1 === b.p1 && a.p2 === b.p2;
