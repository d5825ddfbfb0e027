// SPDX-License-Identifier: Apache-2.0
// Writes the order of 20 cards and its faulty sisters to fixtures/provisioning/, or to the folder named. Every run
// writes the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ?? fileURLToPath(new URL('../fixtures/provisioning/', import.meta.url));
mkdirSync(join(folder, 'faulty'), { recursive: true });

const header = 'iccid,imsi,msisdn,issuer,curve';
const curves = ['P-256', 'secp256k1', 'Ed25519'];

/** Digits of an ICCID before its check digit: 89, country code 999 (assigned to no country), issuer, account. */
const issuers = [
  {
    code: 'TST01',
    cards: 8,
    iccid: '8999901',
    digits: 19,
    plmn: '00101',
    msisdn: (i) => `+44770090${pad(i, 4)}`,
  },
  {
    code: 'TST02',
    cards: 7,
    iccid: '8999902',
    digits: 19,
    plmn: '99970',
    msisdn: (i) => `+120255501${pad(i, 2)}`,
  },
  // Meters and routers without a number; ICCIDs of 20 digits.
  { code: 'TST03', cards: 5, iccid: '8999903', digits: 20, plmn: '99999', msisdn: () => '' },
];

const cards = issuers.flatMap((issuer) =>
  Array.from({ length: issuer.cards }, (_, i) => {
    const account = pad(i + 1, issuer.digits - 1 - issuer.iccid.length);
    return {
      iccid: withLuhn(`${issuer.iccid}${account}`),
      imsi: `${issuer.plmn}${pad(i + 1, 10)}`,
      msisdn: issuer.msisdn(i + 1),
      issuer: issuer.code,
      curve: curves[i % curves.length],
    };
  }),
);
const rows = cards.map(line);

write('order.csv', lines(header, ...rows));

const [first, second] = cards;
const spare = (n) => ({
  iccid: withLuhn(`8999901${pad(900 + n, 11)}`),
  imsi: `00101${pad(900 + n, 10)}`,
  msisdn: `+44770090${pad(900 + n, 4)}`,
  issuer: 'TST01',
  curve: 'P-256',
});
const wrongDigit = (iccid) => `${iccid.slice(0, -1)}${(Number(iccid.at(-1)) + 1) % 10}`;

/** One row for each kind of fault, between rows without any; expected.json says on which line each stands. */
const faulty = [
  [first],
  [{ ...spare(1), iccid: wrongDigit(spare(1).iccid) }, 'iccid', 'check digit'],
  [{ ...spare(2), iccid: spare(2).iccid.slice(0, 18) }, 'iccid', 'length'],
  [{ ...spare(3), iccid: `88${spare(3).iccid.slice(2)}` }, 'iccid', 'does not begin with 89'],
  [{ ...spare(4), iccid: `${spare(4).iccid.slice(0, -1)}X` }, 'iccid', 'a letter'],
  [{ ...spare(5), iccid: first.iccid }, 'iccid', 'the ICCID of line 2 again'],
  [{ ...spare(6), imsi: first.imsi }, 'imsi', 'the IMSI of line 2 again'],
  [{ ...spare(7), imsi: spare(7).imsi.slice(0, 14) }, 'imsi', 'length'],
  [{ ...spare(8), imsi: `${spare(8).imsi}0` }, 'imsi', 'length'],
  [{ ...spare(9), imsi: '' }, 'imsi', 'empty'],
  [second],
  [{ ...spare(10), msisdn: '0123456' }, 'msisdn', 'begins with 0'],
  [{ ...spare(11), msisdn: '+4477009000010000' }, 'msisdn', 'length'],
  [{ ...spare(12), issuer: 'tst01' }, 'issuer', 'small letters'],
  [{ ...spare(13), issuer: 'TST0' }, 'issuer', 'length'],
  [{ ...spare(14), curve: 'P-384' }, 'curve', 'a curve that no card here has'],
  [{ ...spare(15), curve: '' }, 'curve', 'empty'],
  [line(spare(16)).split(',').slice(0, 4).join(','), undefined, 'four fields'],
  [`${line(spare(17))},extra`, undefined, 'six fields'],
  [
    { ...spare(18), imsi: spare(18).imsi.slice(0, 9), curve: 'RSA' },
    ['imsi', 'curve'],
    'two faults in one row',
  ],
];

write(
  'faulty/every-fault.csv',
  lines(header, ...faulty.map(([row]) => (typeof row === 'string' ? row : line(row)))),
);
write(
  'faulty/missing-column.csv',
  lines('iccid,imsi,msisdn,curve', ...cards.map((card) => line(card, 'issuer'))),
);
write('faulty/unknown-column.csv', lines(`${header},pin`, ...rows.map((row) => `${row},0000`)));
write('faulty/empty.csv', '');
write('faulty/header-only.csv', lines(header));
write('faulty/unclosed-quote.csv', lines(header, rows[0], rows[1].replace('TST01', '"TST01'), rows[2]));
write('faulty/binary.csv', binary(512));
write('faulty/bom.csv', `\ufeff${lines(header, ...rows)}`);
write('faulty/crlf.csv', lines(header, ...rows).replaceAll('\n', '\r\n'));

const fault = (row, column, what) => ({ line: row, ...(column === undefined ? {} : { column }), what });
write(
  'faulty/expected.json',
  `${JSON.stringify(
    {
      source: 'scripts/make-order.mjs; lines are counted from 1, the header is line 1',
      accepted: ['bom.csv', 'crlf.csv'],
      refused: {
        'every-fault.csv': faulty.flatMap(([, column, what], i) =>
          what === undefined ? [] : [column].flat().map((name) => fault(i + 2, name, what)),
        ),
        'missing-column.csv': [fault(1, 'issuer', 'the column is missing')],
        'unknown-column.csv': [fault(1, undefined, 'a column that is not known')],
        'empty.csv': [fault(1, undefined, 'no header')],
        'header-only.csv': [fault(1, undefined, 'no card')],
        'unclosed-quote.csv': [fault(3, undefined, 'a quotation mark that is never closed')],
        'binary.csv': [fault(1, undefined, 'bytes that are not UTF-8')],
      },
    },
    null,
    2,
  )}\n`,
);

function line(card, without) {
  return ['iccid', 'imsi', 'msisdn', 'issuer', 'curve']
    .filter((column) => column !== without)
    .map((column) => card[column])
    .join(',');
}

function lines(...all) {
  return all.map((each) => `${each}\n`).join('');
}

function pad(number, digits) {
  return String(number).padStart(digits, '0');
}

/** Luhn check digit put behind. Source: ISO/IEC 7812-1:2017 Annex B. */
function withLuhn(digits) {
  const sum = [...digits]
    .reverse()
    .map((digit, i) => (i % 2 === 0 ? Number(digit) * 2 : Number(digit)))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** Bytes that look random and are the same each time: SHA-256 of a counter. */
function binary(length) {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`order ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function write(name, content) {
  writeFileSync(join(folder, name), content);
}
