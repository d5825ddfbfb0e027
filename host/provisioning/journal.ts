// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toHex, utf8 } from '../../protocol/bytes.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import { onFile, syncDirectory, writeWhole } from './durable-file.ts';
import { ProvisioningError } from './errors.ts';

/** What is known of one card of a batch; grows step by step and never holds a PIN or PUK in the clear. */
export type CardProgress = {
  /** Public key in the form of {@link PublicKey}, hexadecimal. */
  readonly publicKey?: string;
  /** Serial number that names the card in the certificate of its attestation key. */
  readonly cardSerial?: string;
  readonly did?: string;
  readonly height?: string;
  /** PIN and PUK as a compact JWE to the operator's transport key, written before the card gets them. */
  readonly secrets?: string;
  /** Whether the card has taken its personalisation and has its own keys: the last step. */
  readonly personalised?: true;
};

/** An open journal: one line a step, on the disk before {@link Journal.record} returns. */
export type Journal = {
  readonly path: string;
  /** The progress of a card, empty when it was not begun. */
  progress(iccid: Iccid): CardProgress;
  /** Adds facts to a card's progress, durably. Throws `provisioning/not-written`. */
  record(iccid: Iccid, facts: CardProgress): void;
  close(): void;
};

const VERSION = 1;

/**
 * Begins the journal of a batch, or continues it when `resume` says so. `inputs` is all that a batch is made from,
 * such as order and transport key: with any other a batch is not resumed, since its response would mix them. A last line
 * that a crash tore is cut off: its step had not been acknowledged. Throws `provisioning/journal-exists`,
 * `provisioning/no-journal`, `provisioning/other-batch`, `provisioning/journal-damaged` or
 * `provisioning/not-written`.
 */
export function openJournal(
  path: string,
  inputs: readonly Uint8Array[],
  options: { readonly resume?: boolean } = {},
): Journal {
  return onFile(path, () => openFile(path, inputs, options.resume === true));
}

function openFile(path: string, inputs: readonly Uint8Array[], resume: boolean): Journal {
  const digest = toHex(sha256(concat(...inputs.map((input) => sha256(input)))));
  const present = existsSync(path);
  // A file without one whole line is what a crash left of its first: no batch was begun.
  const exists = present && readFileSync(path).includes(0x0a);
  const fail = (
    code: 'provisioning/journal-exists' | 'provisioning/no-journal',
    found: string,
  ): ProvisioningError =>
    new ProvisioningError(code, `batch not begun: found ${found} at ${path}`, { journal: path });
  if (exists && !resume) throw fail('provisioning/journal-exists', 'the journal of a begun batch');
  if (!exists && resume) throw fail('provisioning/no-journal', 'no journal');

  const cards = new Map<string, CardProgress>();
  const whole = exists ? readLines(path, digest, cards) : 0;
  const file = openSync(path, present ? 'r+' : 'wx', 0o600);
  let end = whole;
  const append = (line: object): void => {
    const bytes = utf8(`${JSON.stringify(line)}\n`);
    onFile(path, () => {
      writeWhole(file, bytes, end);
      fdatasyncSync(file);
    });
    end += bytes.length;
  };
  ftruncateSync(file, whole);
  if (!exists) {
    append({ version: VERSION, inputs: digest });
    syncDirectory(dirname(path));
  }
  return {
    path,
    progress: (iccid) => cards.get(iccid) ?? {},
    record: (iccid, facts) => {
      append({ iccid, ...facts });
      cards.set(iccid, { ...cards.get(iccid), ...facts });
    },
    close: () => closeSync(file),
  };
}

/** Fills `cards` from a journal; gives the length in bytes of its whole lines. */
function readLines(path: string, digest: string, cards: Map<string, CardProgress>): number {
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
  lines.forEach((text, i) => {
    const damaged = (cause?: unknown): ProvisioningError =>
      new ProvisioningError(
        'provisioning/journal-damaged',
        `journal not read: found line ${i + 1} of ${path} that is no step of a batch`,
        { journal: path, line: i + 1 },
        { cause },
      );
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (cause) {
      throw damaged(cause);
    }
    if (typeof parsed !== 'object' || parsed === null) throw damaged();
    const line = parsed as Readonly<Record<string, unknown>>;
    if (i === 0) {
      if (line.version !== VERSION || typeof line.inputs !== 'string') throw damaged();
      if (line.inputs !== digest) {
        throw new ProvisioningError(
          'provisioning/other-batch',
          `batch not resumed: found the journal of another batch at ${path}`,
          { journal: path },
        );
      }
      return;
    }
    const { iccid, ...facts } = line;
    if (typeof iccid !== 'string' || !isProgress(facts)) throw damaged();
    const progress = { ...cards.get(iccid), ...facts };
    // The response would name a finished card without what opens it.
    if (progress.personalised === true && factsOfFinished.some((name) => progress[name] === undefined))
      throw damaged();
    cards.set(iccid, progress);
  });
  return whole;
}

/** What is known of every card that is finished. */
const factsOfFinished = ['publicKey', 'cardSerial', 'did', 'height', 'secrets'] as const;

/** Whether these are facts of a card: `personalised` is true where it is there, all others are text. */
const isProgress = (facts: Readonly<Record<string, unknown>>): facts is CardProgress =>
  Object.entries(facts).every(([name, fact]) =>
    name === 'personalised' ? fact === true : typeof fact === 'string',
  );
