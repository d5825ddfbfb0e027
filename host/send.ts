// SPDX-License-Identifier: Apache-2.0
import {
  CLA_CHAINING,
  decodeResponseApdu,
  encodeCommandApdu,
  type ResponseApdu,
  SHORT_DATA_MAX,
  SHORT_LE_MAX,
} from '../protocol/apdu.ts';
import { wipe } from '../protocol/bytes.ts';
import type { Command } from '../protocol/command.ts';
import { SW } from '../protocol/status-word.ts';
import type { Transport } from '../protocol/transport.ts';
import { CardError } from './errors.ts';
import { statusError } from './status-error.ts';

/**
 * Sends one command of the catalogue and gives its decoded response.
 *
 * Data beyond 255 bytes goes as a chain where the command takes one (CLA bit 10, parts of 255), as an extended APDU
 * otherwise. Le is 00 ("all there is") on the last APDU when a response is expected. The transport has to
 * deliver whole responses: see {@link file://./layers/get-response.ts}. APDUs that hold secret data are wiped once
 * they are sent; the request stays the caller's, who wipes it.
 *
 * Throws what {@link statusError} makes of a status word, `card/malformed-response`, and what the transport throws.
 */
export async function send<Request, Response>(
  transport: Transport,
  command: Command<Request, Response>,
  request: Request,
): Promise<Response> {
  const data = command.data.encode(request);
  try {
    const { sw, data: body } = await transmitChain(transport, command, data);
    if (sw !== SW.ok) throw statusError(command, sw, request);
    return decodeBody(command, body);
  } finally {
    // A layout may hand the request itself on; that buffer is not ours to wipe.
    if (command.secret === 'data' && (data as unknown) !== request) wipe(data);
  }
}

async function transmitChain<Request, Response>(
  transport: Transport,
  command: Command<Request, Response>,
  data: Uint8Array,
): Promise<ResponseApdu> {
  const { cla, ins, p1, p2 } = command;
  const le = command.response.max > 0 ? { le: SHORT_LE_MAX } : {};
  let at = 0;
  if (command.chaining)
    for (; data.length - at > SHORT_DATA_MAX; at += SHORT_DATA_MAX) {
      const part = data.subarray(at, at + SHORT_DATA_MAX);
      const answer = await transmitOne(transport, command, {
        cla: cla | CLA_CHAINING,
        ins,
        p1,
        p2,
        data: part,
      });
      if (answer.sw !== SW.ok) return answer;
    }
  return transmitOne(transport, command, { cla, ins, p1, p2, data: data.subarray(at), ...le });
}

async function transmitOne<Request, Response>(
  transport: Transport,
  command: Command<Request, Response>,
  fields: Parameters<typeof encodeCommandApdu>[0],
): Promise<ResponseApdu> {
  const apdu = encodeCommandApdu(fields);
  try {
    const answer = await transport.transmit(apdu);
    if (answer.length < 2) throw malformed(command, answer.length, 'at least SW1-SW2');
    return decodeResponseApdu(answer);
  } finally {
    if (command.secret === 'data') wipe(apdu);
  }
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
