// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  describeStatusWord,
  formatStatusWord,
  moreDataStatus,
  rightLengthStatus,
  SW,
  triesLeftOf,
  triesLeftStatus,
} from '../../protocol/status-word.ts';

describe('a status word', () => {
  // ISO/IEC 7816-4:2020 §5.6, tables 5 to 7.
  it.each([
    [SW.ok, '9000'],
    [SW.wrongLength, '6700'],
    [SW.notAuthorised, '6982'],
    [SW.blocked, '6983'],
    [SW.wrongState, '6985'],
    [SW.badData, '6A80'],
    [SW.applicationNotFound, '6A82'],
    [SW.badParameters, '6A86'],
    [SW.notFound, '6A88'],
    [SW.alreadyExists, '6A89'],
    [SW.unknownInstruction, '6D00'],
    [SW.unknownClass, '6E00'],
    [SW.chainingUnsupported, '6884'],
    [SW.lastCommandExpected, '6883'],
    [SW.memoryFailure, '6581'],
    [SW.noPreciseDiagnosis, '6F00'],
    [0x0000, '0000'],
  ])('%i is written %s', (sw, text) => {
    expect(formatStatusWord(sw)).toBe(text);
  });

  it.each([0, 1, 3, 10, 15])('63CX carries %i tries left', (tries) => {
    const sw = triesLeftStatus(tries);
    expect(sw).toBe(0x63c0 + tries);
    expect(triesLeftOf(sw)).toBe(tries);
    expect(describeStatusWord(sw)).toBe(`comparison failed, ${tries} tries left`);
  });

  it.each([0x9000, 0x6300, 0x63bf, 0x63d0, 0x6983])('%i carries no tries', (sw) => {
    expect(triesLeftOf(sw)).toBeUndefined();
  });

  it.each([
    [1, 0x6101],
    [255, 0x61ff],
    [256, 0x6100],
    [4000, 0x6100],
  ])('61XX announces %i bytes', (available, sw) => {
    expect(moreDataStatus(available)).toBe(sw);
    expect(describeStatusWord(sw)).toBe(`${available > 255 ? 256 : available} more bytes available`);
  });

  it.each([
    [1, 0x6c01],
    [32, 0x6c20],
    [256, 0x6c00],
  ])('6CXX corrects Le to %i', (available, sw) => {
    expect(rightLengthStatus(available)).toBe(sw);
    expect(describeStatusWord(sw)).toBe(`wrong Le, ${available} is right`);
  });

  it('has a meaning for each that the toolkit names', () => {
    for (const sw of Object.values(SW)) expect(describeStatusWord(sw)).not.toContain('not known');
    expect(describeStatusWord(0x1234)).toBe('meaning not known to this toolkit');
  });
});
