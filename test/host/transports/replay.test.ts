// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../host/transcript.ts';
import { replayTransport } from '../../../host/transports/replay.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { replayed } from '../../support/cards.ts';

describe('replayTransport', () => {
  it('refuses another command, says which line wanted which, and stays where it is', async () => {
    const transport = replayed('# one\n> 00 84 00 00 00\n< 90 00');
    await expect(transport.transmit(fromHex('00CA005A00'))).rejects.toMatchObject({
      code: 'card/replay-mismatch',
      details: { line: 2, found: '00 CA 00 5A 00', expected: '00 84 00 00 00' },
    });
    expect(transport.remaining()).toBe(1);
    expect(toUpperHex(await transport.transmit(fromHex('0084000000')))).toBe('9000');
    expect(transport.remaining()).toBe(0);
  });

  it('refuses a command after the end', async () => {
    await expect(replayed('').transmit(fromHex('0084000000'))).rejects.toMatchObject({
      code: 'card/replay-mismatch',
      details: { line: 0, found: '00 84 00 00 00', expected: 'the end' },
    });
  });

  it('shows no secret in a mismatch, neither the one sent nor the one in the transcript', async () => {
    const transport = replayed('> 00 20 00 01 08 31 32 33 34 FF FF FF FF\n< 90 00');
    const error = await transport.transmit(fromHex('002000010839383736FFFFFFFF')).catch((e) => e);
    expect(error.details).toEqual({
      line: 1,
      found: '00 20 00 01 [8 bytes masked]',
      expected: '00 20 00 01 [8 bytes masked]',
    });
    expect(`${error.message}`.replaceAll(' ', '')).not.toMatch(/31323334|39383736/);
  });

  it('gives masked response data as zeros', async () => {
    const transport = replayed('> 00 CA FF 22 00\n< [9 bytes masked] 90 00');
    expect(toUpperHex(await transport.transmit(fromHex('00CAFF2200')))).toBe(`${'00'.repeat(9)}9000`);
  });

  it.each(['card/removed', 'card/reset'])('fails with %s where the card did, and goes on', async (code) => {
    const transport = replayed(`> 00 84 00 00 00\n! ${code}\n> 00 84 00 00 00\n< 90 00`);
    await expect(transport.transmit(fromHex('0084000000'))).rejects.toMatchObject({ code });
    expect(toUpperHex(await transport.transmit(fromHex('0084000000')))).toBe('9000');
  });

  it('hands out copies: changing an answer does not change the transcript', async () => {
    const transcript = parseTranscript('> 00 84 00 00\n< 90 00');
    const answer = await replayTransport(transcript).transmit(fromHex('00840000'));
    answer.fill(0);
    expect(toUpperHex(await replayTransport(transcript).transmit(fromHex('00840000')))).toBe('9000');
  });
});
