// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { withGetResponse } from '../../../host/layers/get-response.ts';
import { withRightLength } from '../../../host/layers/right-length.ts';
import { type SecureTransport, withSecureChannel } from '../../../host/layers/secure-channel.ts';
import { allCommands, maskedCommand, maskedResponse, spaced } from '../../../host/masked.ts';
import { send } from '../../../host/send.ts';
import { meaningOf } from '../../../host/status-error.ts';
import { parseTranscript } from '../../../host/transcript.ts';
import { decodeResponseApdu } from '../../../protocol/apdu.ts';
import { equalBytes, fromHex, fromUtf8, wipe } from '../../../protocol/bytes.ts';
import { findCommand } from '../../../protocol/command.ts';
import { verify } from '../../../protocol/commands/blockchain-sim/pin.ts';
import { cardCommands } from '../../../protocol/commands/card/index.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, parseAid } from '../../../protocol/identifiers/aid.ts';
import { pinBlock } from '../../../protocol/pin.ts';
import {
  type AdministratorOptions,
  adminKeysFile,
  openAsAdministrator,
  withAdministratorOptions,
} from '../administrator.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { badOption } from '../options.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';
import { pinSource, withSecrets } from '../secret-input.ts';

type SendOptions = AdministratorOptions & {
  readonly file?: string;
  readonly select: string;
  readonly pinFile?: string;
};

/** One command that was sent and what the card made of it. */
type Exchange = {
  readonly command: string;
  readonly name: string | null;
  readonly data: Uint8Array;
  readonly sw: string;
  readonly meaning: string;
};

/** Longest C-APDU: header, extended lengths and 65,535 bytes. */
const APDU_MAX = 4 + 3 + 65535 + 2;

/** `bsim apdu`: the bytes themselves. */
export function registerApdu(program: Command): void {
  const apdu = program.command('apdu').description('the bytes between host and card');
  const command = apdu
    .command('send')
    .description(
      'send C-APDUs one after the other, with --admin-keys inside a secure channel, and show the answers',
    )
    .argument(
      '[apdu...]',
      'C-APDUs in hexadecimal; none with secret data, which others could see: these with --file',
    )
    .option('--file <file>', 'file of C-APDUs, one a line, # begins a comment')
    .option('--select <aid>', 'application to select first, or none', BLOCKCHAIN_SIM_AID)
    .option('--pin-file <file>', 'file whose first line is the PIN, which is verified first');
  withAdministratorOptions(command).action(
    action((context, options: SendOptions, given: readonly string[]) => sendAll(context, options, given)),
  );

  apdu
    .command('replay')
    .description('send the C-APDUs of a recorded session to the card and compare the answers, byte for byte')
    .argument('<transcript>', 'file that --record wrote, or one of fixtures/transcripts')
    .action(action((context, _options: object, file: string) => replay(context, file)));
}

/** Sends what was recorded, with no layer in between: a transcript holds each part of an answer. */
async function replay({ print, openReader }: Context, file: string): Promise<void> {
  const { exchanges } = parseTranscript(fromUtf8(readNamedFile(file)));
  const masked = exchanges.find(({ command }) => !('apdu' in command));
  if (masked !== undefined)
    throw badOption(
      file,
      `masked data in line ${masked.line}`,
      'commands without secrets, which are not recorded',
    );
  const { transport } = await openReader();
  try {
    for (const { line, command, answer } of exchanges) {
      // Where the recorded card was taken out, the session ends here too.
      if (!('apdu' in command) || 'failure' in answer) break;
      const found = await transport.transmit(command.apdu);
      const expected = 'response' in answer ? answer.response : answer.status;
      const isSame =
        'response' in answer
          ? equalBytes(found, expected)
          : found.length === answer.maskedLength + 2 && equalBytes(found.subarray(-2), expected);
      if (!isSame) throw differs(line, maskedResponseTo(command.apdu, found), spaced(expected));
    }
  } finally {
    await transport.close();
  }
  const { length } = exchanges;
  print.result({ transcript: file, exchanges: length, same: true }, () => `${length} answers as recorded`);
}

const maskedResponseTo = (apdu: Uint8Array, answer: Uint8Array): string =>
  maskedResponse(findCommand(allCommands, apdu), answer);

const differs = (line: number, found: string, expected: string): CliError<'cli/replay-differs'> =>
  new CliError(
    'cli/replay-differs',
    `answer to line ${line} is another: found ${found}, expected ${expected}`,
    { line, found, expected },
  );

async function sendAll(
  { print, openReader }: Context,
  options: SendOptions,
  given: readonly string[],
): Promise<void> {
  const apdus = apdusOf(options, given);
  const { transport, emulated } = await openReader();
  try {
    const secure = withSecureChannel(withGetResponse(withRightLength(transport)));
    if (options.select !== 'none')
      await send(secure, cardCommands.select, aidBytes(parseAid(options.select)));
    if (options.pinFile !== undefined)
      await withSecrets([pinSource(options.pinFile)], (pin) => verifyWith(secure, pin));
    if (adminKeysFile(options) !== undefined) await openAsAdministrator({ emulated }, secure, options, print);
    const exchanges: Exchange[] = [];
    for (const apdu of apdus) exchanges.push(await exchange(secure, apdu));
    print.result({ exchanges }, () => exchanges.map(words).join('\n'));
  } finally {
    wipe(...apdus);
    await transport.close();
  }
}

async function verifyWith(secure: SecureTransport, pin: Uint8Array): Promise<void> {
  const block = pinBlock(pin);
  try {
    await send(secure, verify, block);
  } finally {
    wipe(block);
  }
}

async function exchange(secure: SecureTransport, apdu: Uint8Array): Promise<Exchange> {
  const known = findCommand(allCommands, apdu);
  const { data, sw } = decodeResponseApdu(await secure.transmit(apdu));
  return {
    command: maskedCommand(apdu),
    name: known?.name ?? null,
    data,
    sw: sw.toString(16).toUpperCase().padStart(4, '0'),
    meaning: meaningOf(known, sw),
  };
}

const words = ({ command, name, data, sw, meaning }: Exchange): string =>
  [
    `> ${command}  ${name ?? 'command not in the catalogue'}`,
    `< ${[spaced(data), sw].filter(Boolean).join(' ')}  ${meaning}`,
  ].join('\n');

function apdusOf({ file }: SendOptions, given: readonly string[]): readonly Uint8Array[] {
  const named = given.map((text) => {
    const apdu = apduOf(text, 'apdu');
    if (findCommand(allCommands, apdu)?.secret === 'data' && apdu.length > 5)
      throw badOption('apdu', maskedCommand(apdu), 'commands with secret data in a file named by --file');
    return apdu;
  });
  const filed = file === undefined ? [] : apdusOfFile(file);
  if (named.length + filed.length === 0)
    throw badOption('apdu', '', 'at least one C-APDU, here or in --file');
  return [...named, ...filed];
}

function apdusOfFile(file: string): readonly Uint8Array[] {
  const bytes = readNamedFile(file);
  try {
    return fromUtf8(bytes)
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter(Boolean)
      .map((line, i) => apduOf(line, `--file, command ${i + 1}`));
  } finally {
    wipe(bytes);
  }
}

/** What is wrong is told without its bytes, which may be a secret. */
function apduOf(text: string, where: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  const isHex = /^([0-9A-Fa-f]{2})+$/.test(digits);
  if (isHex && digits.length >= 8 && digits.length <= 2 * APDU_MAX) return fromHex(digits);
  throw badOption(where, `${digits.length} characters`, 'a C-APDU of at least 4 bytes in hexadecimal');
}
