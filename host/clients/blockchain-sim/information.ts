// SPDX-License-Identifier: Apache-2.0
import type { ResponseOf } from '../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import type { Iccid } from '../../../protocol/identifiers/iccid.ts';
import type { Imsi } from '../../../protocol/identifiers/imsi.ts';
import { decodeSecurityLog, type SecurityLog } from '../../../protocol/security-log.ts';
import { CardError } from '../../errors.ts';
import type { ApplicationInformation, Session } from './session.ts';

/** One key of the key directory. */
export type KeyEntry = ResponseOf<typeof commands.getKeyDirectory>[number];

/** What the application tells of itself. */
export type InformationMethods = {
  applicationInformation(): Promise<ApplicationInformation>;
  keyDirectory(): Promise<readonly KeyEntry[]>;
  /** Throws `card/not-personalised`. */
  iccid(): Promise<Iccid>;
  /** Personal data. Throws `card/pin-required` or `card/not-personalised`. */
  imsi(): Promise<Imsi>;
  /** The last security events; `checkLog` says whether they are all there. Throws `card/pin-required`. */
  log(): Promise<SecurityLog>;
  /** The certificates (DER) of the attestation key one behind the other, its own first; undefined where there are none. */
  certificates(): Promise<Uint8Array | undefined>;
  /** 32 random bytes. */
  getChallenge(): Promise<Uint8Array>;
};

/** The methods of this part. */
export const informationMethods = (session: Session): InformationMethods => ({
  applicationInformation: () =>
    session.exclusively(async () =>
      session.informed(await session.one(commands.getApplicationInformation, undefined)),
    ),
  keyDirectory: () =>
    session.exclusively(async () => {
      const keys = await session.one(commands.getKeyDirectory, undefined);
      for (const { reference, curve } of keys) session.learn(reference, curve);
      return keys;
    }),
  iccid: () => session.run(commands.getIccid, undefined),
  imsi: () => session.run(commands.getImsi, undefined),
  log: () => session.exclusively(async () => readLog(await session.one(commands.getLog, undefined))),
  certificates: () => session.run(commands.getCertificates, undefined),
  getChallenge: () => session.run(commands.getChallenge, undefined),
});

function readLog(bytes: Uint8Array): SecurityLog {
  try {
    return decodeSecurityLog(bytes);
  } catch (cause) {
    throw new CardError(
      'card/malformed-response',
      `response of ${commands.getLog.name} not read: found ${bytes.length} bytes, expected whole entries`,
      { command: commands.getLog.name, length: bytes.length },
      { cause },
    );
  }
}
