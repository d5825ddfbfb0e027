// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { utf8 } from '../../protocol/bytes.ts';
import { parseIccid } from '../../protocol/identifiers/iccid.ts';
import { onFile, syncDirectory, writeWhole } from './durable-file.ts';
import { ProvisioningError } from './errors.ts';
import type { CardProgress, Journal } from './journal.ts';
import type { OrderRow } from './order-file.ts';

/** One finished card, as the response file tells the operator. */
export type ResponseRow = {
  readonly iccid: string;
  readonly issuer: string;
  readonly curve: string;
  /** Public key, hexadecimal: compressed point, or the Ed25519 key. */
  readonly publicKey: string;
  /** Serial number that names the card in the certificate of its attestation key. */
  readonly cardSerial: string;
  readonly did: string;
  /** Block height at which the identity was anchored. */
  readonly height: string;
  /** PIN and PUK, compact JWE. */
  readonly secrets: string;
};

const columns: readonly (keyof ResponseRow)[] = [
  'iccid',
  'issuer',
  'curve',
  'publicKey',
  'cardSerial',
  'did',
  'height',
  'secrets',
];

/** The rows of all finished cards of an order. */
export const responseRows = (rows: readonly OrderRow[], journal: Journal): readonly ResponseRow[] =>
  rows.flatMap(({ iccid, issuer, curve }) => {
    const progress: CardProgress = journal.progress(iccid);
    if (progress.personalised !== true) return [];
    const { publicKey = '', cardSerial = '', did = '', height = '', secrets = '' } = progress;
    return [{ iccid, issuer, curve, publicKey, cardSerial, did, height, secrets }];
  });

/**
 * Writes a response file as CSV with a header line, all or nothing, readable by its owner only.
 * Throws `provisioning/not-written`.
 */
export function writeResponseFile(path: string, rows: readonly ResponseRow[]): void {
  const temporary = `${path}.tmp`;
  const bytes = utf8(stringify([...rows], { header: true, columns: [...columns] }));
  onFile(path, () => {
    try {
      // A file left there by whomever could be read by others.
      rmSync(temporary, { force: true });
      const file = openSync(temporary, 'wx', 0o600);
      try {
        writeWhole(file, bytes, 0);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    syncDirectory(dirname(path));
  });
}

/** The row of one card in a response file. Throws `provisioning/bad-response` or `protocol/bad-identifier`. */
export function findInResponse(text: string, file: string, iccid: string): ResponseRow {
  const wanted = parseIccid(iccid);
  const bad = (reason: string, cause?: unknown): ProvisioningError =>
    new ProvisioningError(
      'provisioning/bad-response',
      `response not read: found ${reason} in ${file}`,
      { file, reason },
      { cause },
    );
  let rows: readonly ResponseRow[];
  try {
    rows = parse(text, { columns: true, bom: true }) as ResponseRow[];
  } catch (cause) {
    throw bad('text that is no response file', cause);
  }
  const row = rows.find((candidate) => candidate.iccid === wanted);
  if (row === undefined) throw bad('no finished card with that ICCID');
  if (columns.some((name) => typeof row[name] !== 'string')) throw bad('a row without all its columns');
  return row;
}
