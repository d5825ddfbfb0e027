// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { confirmationText } from '../../applet-sim/applets/blockchain-sim/transaction/confirmation-text.ts';
import { checkTransaction } from '../../applet-sim/applets/blockchain-sim/transaction/signing-policy.ts';
import { transactionReader } from '../../applet-sim/applets/blockchain-sim/transaction/transaction-reader.ts';
import { StatusFault } from '../../applet-sim/runtime/status-fault.ts';
import { toHex, uint64 } from '../../protocol/bytes.ts';
import { type KeyPolicy, keyPolicy } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { cardCurves } from '../../protocol/crypto/card-curve.ts';
import { type PublicKey, uncompressedPublicKey } from '../../protocol/crypto/public-key.ts';
import { formatStatusWord } from '../../protocol/status-word.ts';
import { projectRoot } from '../support/architecture/project.ts';
import { firmwareUnavailable, javaArguments } from '../support/firmware.ts';

/** What both readers are given: a key, what it may sign and has spent, and the parts in which a transaction comes. */
export type ReaderCase = {
  readonly publicKey: PublicKey;
  readonly policy: KeyPolicy;
  readonly spent: bigint;
  readonly parts: readonly Uint8Array[];
};

const PROBE = 'bsim.card.TransactionReaderProbe';
const TEST_CLASSES = 'firmware/applet/target/test-classes';
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Why the applet's classes cannot be asked here, or undefined. */
export function probeUnavailable(): string | undefined {
  const isCompiled = existsSync(join(projectRoot, TEST_CLASSES));
  return firmwareUnavailable() ?? (isCompiled ? undefined : `needs ${TEST_CLASSES}`);
}

/** What the applet's classes answer to each line, in one process; the lines are those of the probe's own comment. */
export function askApplet(lines: readonly string[]): readonly string[] {
  const [option = '', classPath, ...rest] = javaArguments(PROBE);
  const args = [option, `${join(projectRoot, TEST_CLASSES)}${delimiter}${classPath}`, ...rest];
  const input = `${lines.join('\n')}\n`;
  const { stdout, stderr, status, error } = spawnSync('java', args, {
    input,
    encoding: 'utf8',
    maxBuffer: LONGEST_OUTPUT,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the probe ended with ${status}\n${stderr}`);
  return stdout.trimEnd().split('\n');
}

/** The line by which the applet's reader is asked. */
export function lineOf({ publicKey, policy, spent, parts }: ReaderCase): string {
  const { algorithmId } = cardCurves[publicKey.curve];
  const point = toHex(uncompressedPublicKey(publicKey));
  const words = [algorithmId, point, toHex(keyPolicy.encode(policy)), toHex(uint64(spent))];
  return `transaction ${words.join(' ')} ${parts.map(toHex).join(',')}`;
}

/** What the emulator's reader makes of it, in the words of the applet's. */
export function emulatorReads({ publicKey, policy, spent, parts }: ReaderCase): string {
  const reader = transactionReader({ publicKey });
  const hash = createHash('sha256');
  let taken = 0;
  try {
    for (const part of parts) {
      reader.write(part);
      hash.update(part);
      taken++;
    }
    const summary = reader.end();
    const next = checkTransaction(policy, spent, summary);
    const text = orStatusWord(() => confirmationText(summary, policy.limit, hash.digest()));
    return `${taken} 9000 ${toHex(uint64(next))} ${text}`;
  } catch (fault) {
    return `${taken} ${statusWordOf(fault)}`;
  }
}

function orStatusWord(make: () => string): string {
  try {
    return make();
  } catch (fault) {
    return statusWordOf(fault);
  }
}

/** Of a refusal; any other fault is thrown on. */
function statusWordOf(fault: unknown): string {
  if (fault instanceof StatusFault) return formatStatusWord(fault.sw);
  throw fault;
}
