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

/** Largest order file that is read, in bytes: some 300,000 cards. */
export const ORDER_FILE_MAX = 16 * 1024 * 1024;
/** Most faults that are listed; at the next one reading ends. */
export const ORDER_FAULTS_MAX = 1000;
/** Longest line in characters; one of an order takes less than 100. */
const LINE_MAX = 4096;

type Column = (typeof orderColumns)[number];
/** Faults of a file, in the order of their lines. */
type Faults = { readonly file: string; readonly listed: OrderFault[] };

/**
 * Rows of an order file: CSV (RFC 4180) in UTF-8 with a header line; a byte order mark and any line end are accepted.
 * Throws `provisioning/bad-order` with every fault of the file at once, up to 1,000 of them, or
 * `provisioning/order-too-large`.
 */
export function parseOrder(bytes: Uint8Array, file: string): readonly OrderRow[] {
  if (bytes.length > ORDER_FILE_MAX) {
    throw new ProvisioningError(
      'provisioning/order-too-large',
      `order not read: found ${bytes.length} bytes in ${file}, expected at most ${ORDER_FILE_MAX}`,
      { file, bytes: bytes.length, limit: ORDER_FILE_MAX },
    );
  }
  const faults: Faults = { file, listed: [] };
  const rows = readRows(bytes, faults);
  if (rows.length === 0 && faults.listed.length === 0)
    note(faults, { line: 1, fault: 'the file holds no card' });
  if (faults.listed.length > 0) throw badOrder(faults);
  return rows;
}

/** Notes a fault. Throws `provisioning/bad-order` at the first beyond those that are listed. */
function note(faults: Faults, fault: OrderFault): void {
  if (faults.listed.length === ORDER_FAULTS_MAX) throw badOrder(faults, `more than ${ORDER_FAULTS_MAX}`);
  faults.listed.push(fault);
}

function badOrder(
  { file, listed }: Faults,
  count = `${listed.length}`,
): ProvisioningError<'provisioning/bad-order'> {
  return new ProvisioningError(
    'provisioning/bad-order',
    `order not read: found ${count} fault${count === '1' ? '' : 's'} in ${file}, expected none`,
    { file, faults: listed },
  );
}

function readRows(bytes: Uint8Array, faults: Faults): readonly OrderRow[] {
  const text = readText(bytes, faults);
  if (text === undefined) return [];
  const rows: OrderRow[] = [];
  const seen = { iccid: new Map<string, number>(), imsi: new Map<string, number>() };
  let columns: readonly Column[] | undefined;
  const take = (record: readonly string[], line: number): void => {
    if (columns === undefined) {
      columns = readHeader(record, line, faults);
      return;
    }
    const row = readRow(record, line, columns, faults);
    if (row === undefined) return;
    for (const name of ['iccid', 'imsi'] as const) {
      const first = seen[name].get(row[name]);
      if (first === undefined) seen[name].set(row[name], row.line);
      else note(faults, { line: row.line, column: name, fault: `the same value as in line ${first}` });
    }
    rows.push(row);
  };
  readRecords(text, take, faults);
  if (columns === undefined && faults.listed.length === 0)
    note(faults, { line: 1, fault: 'the file is empty' });
  return rows;
}

/** The text with each line end as LF, since the parser counts others wrongly; undefined when it is no text of lines. */
function readText(bytes: Uint8Array, faults: Faults): string | undefined {
  let text: string;
  try {
    text = fromUtf8(bytes).replaceAll(/\r\n?/g, '\n');
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    note(faults, { line: 1, fault: 'the file is not UTF-8 text' });
    return undefined;
  }
  for (let line = 1, at = 0; at < text.length; line++) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    if (stop - at > LINE_MAX) {
      note(faults, { line, fault: `found ${stop - at} characters, expected at most ${LINE_MAX}` });
      return undefined;
    }
    at = stop + 1;
  }
  return text;
}

/** The columns that the header names. Throws `provisioning/bad-order` when it has faults: no field has a meaning then. */
function readHeader(record: readonly string[], line: number, faults: Faults): readonly Column[] {
  const columns = record.map((name) => name.toLowerCase());
  for (const name of orderColumns)
    if (!columns.includes(name)) note(faults, { line, column: name, fault: 'the column is missing' });
  columns.forEach((name, i) => {
    if (!orderColumns.includes(name as Column)) note(faults, { line, fault: `column ${i + 1} is not known` });
    else if (columns.indexOf(name) !== i)
      note(faults, { line, column: name, fault: 'the column is there twice' });
  });
  if (faults.listed.length > 0) throw badOrder(faults);
  return columns as readonly Column[];
}

/** Hands each record to `take` with the line that it begins at, and keeps none. */
function readRecords(
  text: string,
  take: (record: readonly string[], line: number) => void,
  faults: Faults,
): void {
  let whole = 0;
  try {
    parse(text, {
      bom: true,
      on_record: (record: readonly string[], { lines }) => {
        // The parser names the line at which a record ends; a quoted field may have begun some lines before.
        take(record, lines - record.reduce((sum, field) => sum + field.split('\n').length - 1, 0));
        whole = lines;
        return null;
      },
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser names the line at which it gave up; the fault is in the record after the last whole one.
    const rest = text.split('\n').slice(whole);
    const line = whole + 1 + rest.findIndex((content) => content.trim() !== '');
    note(faults, { line, fault: csvFaults[error.code] ?? 'this is not CSV (RFC 4180)' });
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
  faults: Faults,
): OrderRow | undefined {
  if (record.length !== columns.length) {
    note(faults, { line, fault: `found ${record.length} fields, expected ${columns.length}` });
    return undefined;
  }
  const before = faults.listed.length;
  const read = <T>(column: Column, parser: (text: string) => T): T | undefined => {
    try {
      return parser(record[columns.indexOf(column)] ?? '');
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      note(faults, { line, column, fault: String(error.details.reason ?? error.message) });
      return undefined;
    }
  };
  const iccid = read('iccid', parseIccid);
  const imsi = read('imsi', parseImsi);
  const msisdn = read('msisdn', (text) => (text === '' ? undefined : parseMsisdn(text)));
  const issuer = read('issuer', parseTadig);
  const curve = curveNames.find((name) => name === record[columns.indexOf('curve')]);
  if (curve === undefined)
    note(faults, {
      line,
      column: 'curve',
      fault: `found an unknown curve, expected ${curveNames.join(', ')}`,
    });
  if (faults.listed.length > before || iccid === undefined || imsi === undefined || issuer === undefined)
    return undefined;
  if (curve === undefined) return undefined;
  return { line, iccid, imsi, issuer, curve, ...(msisdn === undefined ? {} : { msisdn }) };
}
