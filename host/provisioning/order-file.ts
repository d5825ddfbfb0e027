// SPDX-License-Identifier: Apache-2.0
import { CsvError, parse } from 'csv-parse/sync';
import { fromUtf8 } from '../../protocol/bytes.ts';
import { type Curve, curveNames } from '../../protocol/crypto/curve.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { type Iccid, parseIccid } from '../../protocol/identifiers/iccid.ts';
import { type Imsi, parseImsi } from '../../protocol/identifiers/imsi.ts';
import { type Msisdn, parseMsisdn } from '../../protocol/identifiers/msisdn.ts';
import { parseTadig, type Tadig } from '../../protocol/identifiers/tadig.ts';
import { type OrderFault, ProvisioningError } from './errors.ts';

/** One card of an order. */
export type OrderRow = {
  /** Line of the file, counted from 1. */
  readonly line: number;
  readonly iccid: Iccid;
  readonly imsi: Imsi;
  readonly msisdn?: Msisdn;
  /** The operator that issues the card. */
  readonly issuer: Tadig;
  readonly curve: Curve;
};

/** Columns of an order file, in any order; `msisdn` may be empty. */
export const orderColumns = ['iccid', 'imsi', 'msisdn', 'issuer', 'curve'] as const;

/** Largest order file that is read, in bytes. */
export const ORDER_FILE_MAX = 64 * 1024 * 1024;

type Column = (typeof orderColumns)[number];
type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

/**
 * Rows of an order file: CSV (RFC 4180) in UTF-8 with a header line; a byte order mark and CRLF are accepted.
 * Throws `provisioning/bad-order` with every fault of the file at once, or `provisioning/order-too-large`.
 */
export function parseOrder(bytes: Uint8Array, file: string): readonly OrderRow[] {
  if (bytes.length > ORDER_FILE_MAX) {
    throw new ProvisioningError(
      'provisioning/order-too-large',
      `order not read: found ${bytes.length} bytes in ${file}, expected at most ${ORDER_FILE_MAX}`,
      { file, bytes: bytes.length, limit: ORDER_FILE_MAX },
    );
  }
  const faults: OrderFault[] = [];
  const rows = readRows(bytes, faults);
  if (rows.length === 0 && faults.length === 0) faults.push({ line: 1, fault: 'the file holds no card' });
  if (faults.length > 0) {
    faults.sort((a, b) => a.line - b.line);
    throw new ProvisioningError(
      'provisioning/bad-order',
      `order not read: found ${faults.length} fault${faults.length === 1 ? '' : 's'} in ${file}, expected none`,
      { file, faults },
    );
  }
  return rows;
}

function readRows(bytes: Uint8Array, faults: OrderFault[]): readonly OrderRow[] {
  const records = readRecords(bytes, faults);
  const header = records.shift();
  if (header === undefined) {
    if (faults.length === 0) faults.push({ line: 1, fault: 'the file is empty' });
    return [];
  }
  const columns = header.record.map((name) => name.toLowerCase());
  for (const name of orderColumns)
    if (!columns.includes(name)) faults.push({ line: 1, column: name, fault: 'the column is missing' });
  columns.forEach((name, i) => {
    if (!orderColumns.includes(name as Column))
      faults.push({ line: 1, fault: `column ${i + 1} is not known` });
    else if (columns.indexOf(name) !== i)
      faults.push({ line: 1, column: name, fault: 'the column is there twice' });
  });
  if (faults.length > 0) return [];

  const seen = { iccid: new Map<string, number>(), imsi: new Map<string, number>() };
  return records.flatMap(({ record, info }) => {
    const row = readRow(record, info.lines, columns as readonly Column[], faults);
    if (row === undefined) return [];
    for (const name of ['iccid', 'imsi'] as const) {
      const first = seen[name].get(row[name]);
      if (first === undefined) seen[name].set(row[name], row.line);
      else faults.push({ line: row.line, column: name, fault: `the same value as in line ${first}` });
    }
    return [row];
  });
}

function readRecords(bytes: Uint8Array, faults: OrderFault[]): CsvRecord[] {
  let whole = 0;
  try {
    return parse(fromUtf8(bytes), {
      bom: true,
      on_record: (record, { lines }) => {
        whole = lines;
        return record;
      },
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (error instanceof CsvError) {
      // The parser names the line at which it gave up; the fault is in the record after the last whole one.
      const line = whole + 1;
      faults.push({ line, fault: csvFaults[error.code] ?? 'this is not CSV (RFC 4180)' });
    } else if (error instanceof ToolkitError) faults.push({ line: 1, fault: 'the file is not UTF-8 text' });
    else throw error;
    return [];
  }
}

const csvFaults: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is opened and never closed',
  INVALID_OPENING_QUOTE: 'a quotation mark stands in the middle of a field',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quotation mark',
};

function readRow(
  record: readonly string[],
  line: number,
  columns: readonly Column[],
  faults: OrderFault[],
): OrderRow | undefined {
  if (record.length !== columns.length) {
    faults.push({ line, fault: `found ${record.length} fields, expected ${columns.length}` });
    return undefined;
  }
  const before = faults.length;
  const read = <T>(column: Column, parser: (text: string) => T): T | undefined => {
    try {
      return parser(record[columns.indexOf(column)] ?? '');
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      faults.push({ line, column, fault: String(error.details.reason ?? error.message) });
      return undefined;
    }
  };
  const iccid = read('iccid', parseIccid);
  const imsi = read('imsi', parseImsi);
  const msisdn = read('msisdn', (text) => (text === '' ? undefined : parseMsisdn(text)));
  const issuer = read('issuer', parseTadig);
  const curve = curveNames.find((name) => name === record[columns.indexOf('curve')]);
  if (curve === undefined)
    faults.push({
      line,
      column: 'curve',
      fault: `found an unknown curve, expected ${curveNames.join(', ')}`,
    });
  if (faults.length > before || iccid === undefined || imsi === undefined || issuer === undefined)
    return undefined;
  if (curve === undefined) return undefined;
  return { line, iccid, imsi, issuer, curve, ...(msisdn === undefined ? {} : { msisdn }) };
}
