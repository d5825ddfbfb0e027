// SPDX-License-Identifier: Apache-2.0
import {
  CLA_CHAINING,
  decodeResponseApdu,
  encodeCommandApdu,
  SHORT_DATA_MAX,
  SHORT_LE_MAX,
} from '../protocol/apdu.ts';
import { wipe } from '../protocol/bytes.ts';
import { type AnyCommand, type Command, type EncodedRequest, encodeRequest } from '../protocol/command.ts';
import { SW } from '../protocol/status-word.ts';
import type { Transport } from '../protocol/transport.ts';
import { CardError } from './errors.ts';
import { statusError } from './status-error.ts';

/**
 * Sends one command of the catalogue and gives its decoded response.
 *
 * Data that is longer than the transport carries in one command goes as a chain where the command takes one (CLA bit
 * 10), as an extended APDU otherwise. Le is 00 ("all there is") on the last APDU when a response is expected. The
 * transport has to deliver whole responses: see {@link file://./layers/get-response.ts}. APDUs that hold secret data
 * are wiped once they are sent, and secret responses once they are decoded; the request stays the caller's, who wipes it.
 *
 * Throws what {@link statusError} makes of a status word, `card/malformed-response`, and what the transport throws.
 */
export async function send<Request, Response>(
  transport: Transport,
  command: Command<Request, Response>,
  request: Request,
): Promise<Response> {
  return sendEncoded(transport, command, encodeRequest(command, request), request);
}

/**
 * {@link send} of a command whose data is streamed and bounded by nothing but what one part may have: a message of any
 * length goes to the card in parts.
 */
export async function sendStreamed<Response>(
  transport: Transport,
  command: Command<Uint8Array, Response>,
  message: Uint8Array,
): Promise<Response> {
  const { p1, p2 } = command;
  return sendEncoded(transport, command, { p1, p2, data: message }, message);
}

async function sendEncoded<Request, Response>(
  transport: Transport,
  command: Command<Request, Response>,
  encoded: EncodedRequest,
  request: Request,
): Promise<Response> {
  const { data } = encoded;
  const isSecret = command.secret === 'data';
  try {
    for (let at = 0; ; ) {
      const longest = transport.longestData ?? SHORT_DATA_MAX;
      const isLast = command.chaining === undefined || data.length - at <= longest;
      const part = isLast ? data.subarray(at) : data.subarray(at, at + longest);
      const apdu = encodePart(command, encoded, part, isLast);
      const answer = await (isSecret ? transmitSecret(transport, apdu) : transport.transmit(apdu));
      if (answer.length < 2) throw malformed(command, answer.length, 'at least SW1-SW2');
      const { sw, data: body } = decodeResponseApdu(answer);
      if (sw !== SW.ok) throw statusError(command, sw, request);
      if (isLast) {
        const response = decodeBody(command, body);
        if (command.secret === 'response') wipe(answer);
        return response;
      }
      at += part.length;
    }
  } finally {
    // A layout may hand the request itself on; that buffer is not ours to wipe.
    if (isSecret && !(request instanceof Uint8Array && request.buffer === data.buffer)) wipe(data);
  }
}

async function transmitSecret(transport: Transport, apdu: Uint8Array): Promise<Uint8Array> {
  try {
    return await transport.transmit(apdu);
  } finally {
    wipe(apdu);
  }
}

function encodePart(
  { cla, ins, response }: AnyCommand,
  { p1, p2 }: EncodedRequest,
  data: Uint8Array,
  isLast: boolean,
): Uint8Array {
  if (!isLast) return encodeCommandApdu({ cla: cla | CLA_CHAINING, ins, p1, p2, data });
  if (response.max === 0) return encodeCommandApdu({ cla, ins, p1, p2, data });
  return encodeCommandApdu({ cla, ins, p1, p2, data, le: SHORT_LE_MAX });
}

function decodeBody<Request, Response>(command: Command<Request, Response>, body: Uint8Array): Response {
  try {
    return command.response.decode(body);
  } catch (cause) {
    throw malformed(command, body.length, command.response.text, { cause });
  }
}

function malformed(
  command: { readonly name: string },
  length: number,
  expected: string,
  options: { readonly cause?: unknown } = {},
): CardError {
  return new CardError(
    'card/malformed-response',
    `response of ${command.name} not read: found ${length} bytes, expected ${expected}`,
    { command: command.name, length },
    options,
  );
}
