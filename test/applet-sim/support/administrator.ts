// SPDX-License-Identifier: Apache-2.0
import type { Card } from '../../../applet-sim/index.ts';
import { decodeCommandApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { initializeUpdate } from '../../../protocol/commands/secure-channel/authentication.ts';
import type { Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import { secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import { deriveSessionKeys, hostCryptogram } from '../../../protocol/scp03/session-keys.ts';
import { apdus } from './apdu.ts';

/** An administrator's session: plain commands as hexadecimal, plain answers back. */
export type Administrator = { send(...commands: readonly string[]): readonly string[] };

const testKey = fromHex('404142434445464748494A4B4C4D4E4F');
const testKeys: Scp03KeySet = { version: 0x30, enc: testKey, mac: testKey, dek: testKey };

/** Where and how a secure channel is opened. */
export type AdministratorOptions = {
  readonly level?: number;
  readonly channel?: number;
  readonly mode?: 'S8' | 'S16';
  readonly keys?: Scp03KeySet;
};

/** Opens a secure channel to the application that is selected on the channel. */
export function openAdministrator(card: Card, options: AdministratorOptions = {}): Administrator {
  const { level = 0x33, channel = 0, mode = 'S8', keys = testKeys } = options;
  const hostChallenge = new Uint8Array(mode === 'S8' ? 8 : 16).fill(0xa5);
  const begun = transmit(
    card,
    encodeCommandApdu({
      cla: 0x80 | channel,
      ins: 0x50,
      p1: keys.version,
      p2: 0,
      data: hostChallenge,
      le: 256,
    }),
  );
  const { cardChallenge } = initializeUpdate.response.decode(begun.subarray(0, -2));
  const session = deriveSessionKeys(keys, hostChallenge, cardChallenge);
  const host = secureChannelHost(session, mode, level);
  const cryptogram = hostCryptogram(session, hostChallenge, cardChallenge, mode);
  const opened = toUpperHex(transmit(card, host.authenticate(cryptogram, channel)));
  if (opened !== '9000') throw new Error(`secure channel not opened: ${opened}`);
  const send = (command: string): string => {
    const apdu = fromHex(command);
    // Room for the R-MAC: a command that expects data asks for all there is.
    const { le, ...rest } = decodeCommandApdu(apdu);
    const secured = host.wrap(encodeCommandApdu({ ...rest, cla: rest.cla | channel, le: le ?? 256 }));
    return toUpperHex(host.unwrap(transmit(card, secured)));
  };
  return { send: (...commands) => commands.map(send) };
}

/** Selects the application and does what the issuer does on a blank card: those commands, and then STORE DATA. */
export function personalise(card: Card, ...commands: readonly string[]): void {
  transmit(card, fromHex(apdus.select));
  const answers = openAdministrator(card).send(...commands, apdus.storeData);
  for (const [i, answer] of answers.entries())
    if (!answer.endsWith('9000')) throw new Error(`not personalised: ${answer} to command ${i}`);
  transmit(card, fromHex(apdus.select));
}

/** The whole answer, parts after 61XX fetched. */
function transmit(card: Card, apdu: Uint8Array): Uint8Array {
  let answer = card.process(apdu);
  let data = answer.subarray(0, -2);
  while (answer.at(-2) === 0x61) {
    answer = card.process(Uint8Array.of((apdu[0] ?? 0) & 0x03, 0xc0, 0x00, 0x00, answer.at(-1) ?? 0));
    data = Uint8Array.of(...data, ...answer.subarray(0, -2));
  }
  return Uint8Array.of(...data, ...answer.subarray(-2));
}
