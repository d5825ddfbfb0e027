// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../../host/provisioning/journal.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { parseIccid } from '../../../protocol/identifiers/iccid.ts';

const order = utf8('the order');
const first = parseIccid('8988211000000000003');
const second = parseIccid('8988211000000000011');
const code = (what: string): unknown => expect.objectContaining({ code: `provisioning/${what}` });

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bsim-journal-'));
  path = join(directory, 'batch.journal');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the journal of a batch', () => {
  it('keeps what was recorded, step upon step, for the batch that resumes', () => {
    const journal = openJournal(path, [order]);
    journal.record(first, { publicKey: '02aa' });
    journal.record(second, { publicKey: '03bb' });
    journal.record(first, { did: 'did:bsim:x', height: '7' });
    journal.close();
    const again = openJournal(path, [order], { resume: true });
    expect(again.progress(first)).toEqual({ publicKey: '02aa', did: 'did:bsim:x', height: '7' });
    expect(again.progress(second)).toEqual({ publicKey: '03bb' });
    again.close();
  });

  it('cuts off a torn last line at every byte and goes on from the whole lines', () => {
    const journal = openJournal(path, [order]);
    journal.record(first, { publicKey: '02aa' });
    const whole = readFileSync(path).length;
    journal.record(second, { publicKey: '03bb' });
    journal.close();
    const bytes = readFileSync(path);
    for (let length = bytes.length - 1; length >= whole; length--) {
      writeFileSync(path, bytes);
      truncateSync(path, length);
      const resumed = openJournal(path, [order], { resume: true });
      expect(resumed.progress(first)).toEqual({ publicKey: '02aa' });
      expect(resumed.progress(second)).toEqual({});
      resumed.record(second, { publicKey: '03cc' });
      resumed.close();
      const last = openJournal(path, [order], { resume: true });
      expect(last.progress(second)).toEqual({ publicKey: '03cc' });
      last.close();
    }
  });

  it('refuses to begin where a batch was begun, and to resume where none was', () => {
    expect(() => openJournal(path, [order], { resume: true })).toThrowError(code('no-journal'));
    openJournal(path, [order]).close();
    expect(() => openJournal(path, [order])).toThrowError(code('journal-exists'));
  });

  it('begins afresh over a first line that a crash tore', () => {
    writeFileSync(path, '{"version":1,"ord');
    expect(() => openJournal(path, [order], { resume: true })).toThrowError(code('no-journal'));
    const journal = openJournal(path, [order]);
    journal.record(first, { publicKey: '02aa' });
    journal.close();
    const again = openJournal(path, [order], { resume: true });
    expect(again.progress(first)).toEqual({ publicKey: '02aa' });
    again.close();
  });

  it('refuses to resume with anything else than the batch was made from', () => {
    openJournal(path, [order]).close();
    expect(() => openJournal(path, [order, utf8('another key')], { resume: true })).toThrowError(
      code('other-batch'),
    );
  });

  it('names the line of a journal that was damaged in the middle', () => {
    openJournal(path, [order]).close();
    appendFileSync(path, 'no JSON\n{"iccid":"x"}\n');
    expect(() => openJournal(path, [order], { resume: true })).toThrowError(
      expect.objectContaining({ code: 'provisioning/journal-damaged', details: { journal: path, line: 2 } }),
    );
  });

  it.each([
    'null',
    '[]',
    '{"iccid":"8988211000000000003","secrets":5}',
    '{"iccid":"8988211000000000003","personalised":"no"}',
    '{"iccid":"8988211000000000003","personalised":true}',
    '{"iccid":"8988211000000000003","publicKey":"02","cardSerial":"A","did":"x","height":"7","personalised":true}',
  ])('takes %s for no step of a batch', (line) => {
    openJournal(path, [order]).close();
    appendFileSync(path, `${line}\n`);
    expect(() => openJournal(path, [order], { resume: true })).toThrowError(code('journal-damaged'));
    writeFileSync(path, 'null\n');
    expect(() => openJournal(path, [order], { resume: true })).toThrowError(code('journal-damaged'));
  });

  it('keeps a card of any name apart from the others', () => {
    openJournal(path, [order]).close();
    appendFileSync(path, '{"iccid":"__proto__","did":"x","__proto__":"y"}\n');
    const journal = openJournal(path, [order], { resume: true });
    expect(journal.progress(first)).toEqual({});
    journal.close();
  });

  it('that cannot be made or read is a typed error', () => {
    const none = join(directory, 'none', 'batch.journal');
    expect(() => openJournal(none, [order])).toThrowError(code('not-written'));
    expect(() => openJournal(directory, [order])).toThrowError(code('not-written'));
  });
});
