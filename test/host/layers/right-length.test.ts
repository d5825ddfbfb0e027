// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { withRightLength } from '../../../host/layers/right-length.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { replayed } from '../../support/cards.ts';

const transmit = async (transcript: string, apdu: string): Promise<string> => {
  const inner = replayed(transcript);
  const answer = toUpperHex(await withRightLength(inner).transmit(fromHex(apdu)));
  expect(inner.remaining()).toBe(0);
  return answer;
};

describe('withRightLength', () => {
  it('sends a case 2 command again with the Le that 6CXX names', async () => {
    expect(await transmit('> 00 84 00 00 00\n< 6C 02\n> 00 84 00 00 02\n< 01 02 90 00', '0084000000')).toBe(
      '01029000',
    );
  });

  it('sends a case 4 command again with its data', async () => {
    const transcript = '> 00 CB 00 FF 01 5C 00\n< 6C 01\n> 00 CB 00 FF 01 5C 01\n< 07 90 00';
    expect(await transmit(transcript, '00CB00FF015C00')).toBe('079000');
  });

  it('reads 6C00 as Le 256', async () => {
    expect(await transmit('> 00 84 00 00 08\n< 6C 00\n> 00 84 00 00 00\n< 90 00', '0084000008')).toBe('9000');
  });

  it('gives a command without Le the Le that the card wants', async () => {
    expect(await transmit('> 00 84 00 00\n< 6C 08\n> 00 84 00 00 08\n< 90 00', '00840000')).toBe('9000');
  });

  it('hands a second 6CXX to the caller instead of going on', async () => {
    expect(await transmit('> 00 84 00 00 00\n< 6C 02\n> 00 84 00 00 02\n< 6C 03', '0084000000')).toBe('6C03');
  });

  it('leaves 6CXX behind data alone: it is the end of a response', async () => {
    expect(await transmit('> 00 84 00 00 00\n< 01 6C 02', '0084000000')).toBe('016C02');
  });

  it('leaves every other answer alone', async () => {
    expect(await transmit('> 00 84 00 00 00\n< 6D 00', '0084000000')).toBe('6D00');
  });
});
