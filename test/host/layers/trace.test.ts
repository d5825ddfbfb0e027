// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { record } from '../../../host/layers/record.ts';
import { trace } from '../../../host/layers/trace.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import { encodeImsi } from '../../../protocol/identifiers/imsi.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { personalisation, replayed, testCard, testKeys } from '../../support/cards.ts';

type Watcher = (inner: Transport, write: (line: string) => void) => Transport;
const watchers: readonly (readonly [string, Watcher])[] = [
  ['trace', trace],
  ['record', record],
];

/** All hexadecimal digits of the lines, so that blanks and line ends hide nothing. */
const digitsOf = (lines: readonly string[]): string =>
  lines
    .join('')
    .replace(/[^0-9a-fA-F]/g, '')
    .toLowerCase();

/** A transport that answers every command the same. */
const echo = (answer: (apdu: Uint8Array) => Uint8Array): Transport =>
  emulatorTransport({ atr: new Uint8Array(0), process: answer });

describe('trace', () => {
  it('writes command with its name, answer with its meaning, and the time', async () => {
    const lines: string[] = [];
    const inner = replayed('> 00 A4 04 00 07 F0 42 53 49 4D 01 00 00\n< 6A 82\n> 00 20 00 01\n< 63 C2');
    const traced = trace(inner, (line) => lines.push(line));
    await traced.transmit(fromHex('00A4040007F04253494D010000'));
    await traced.transmit(fromHex('00200001'));
    const withoutTime = lines.map((line) => line.replace(/ {2}\d+\.\d ms$/, '  TIME'));
    expect(withoutTime).toEqual([
      '> 00 A4 04 00 07 F0 42 53 49 4D 01 00 00  SELECT',
      '< 6A 82  no (further) application with that AID  TIME',
      '> 00 20 00 01  VERIFY',
      '< 63 C2  comparison failed, 2 tries left  TIME',
    ]);
  });

  it('says which commands are not in the catalogue, and masks what they carry and give', async () => {
    const lines: string[] = [];
    const traced = trace(
      echo(() => fromHex('0102039000')),
      (line) => lines.push(line.replace(/ {2}\d.*ms$/, '')),
    );
    await traced.transmit(fromHex('00D60000040102030400'));
    expect(lines).toEqual([
      '> 00 D6 00 00 [4 bytes masked]  command not in the catalogue',
      '< [3 bytes masked] 90 00  done',
    ]);
  });

  it('writes how the transport failed, and lets the error through', async () => {
    const lines: string[] = [];
    const traced = trace(replayed('> 00 84 00 00 00\n! card/removed'), (line) => lines.push(line));
    await expect(traced.transmit(fromHex('0084000000'))).rejects.toMatchObject({ code: 'card/removed' });
    expect(lines[1]).toMatch(/^! card\/removed {2}\d+\.\d ms$/);
  });

  it('shows a command inside a secure channel by its name and length, and no byte of what it carries', async () => {
    const lines: string[] = [];
    const sim = await openBlockchainSim(
      trace(emulatorTransport(createCard()), (line) => lines.push(line.replace(/ {2}\d+\.\d ms$/, ''))),
    );
    await sim.openSecureChannel(testKeys());
    lines.length = 0;
    await sim.getChallenge();
    await sim.storeData(personalisation());
    expect(lines).toEqual([
      // A MAC of 8; an answer of 32, padded to 48, and a MAC of 8; 46 bytes padded to 48, and a MAC of 8.
      '> 04 84 00 00 [8 bytes masked]  GET CHALLENGE, in a secure channel',
      '< [56 bytes masked] 90 00  done',
      '> 84 E2 80 00 [56 bytes masked]  STORE DATA, in a secure channel',
      '< [8 bytes masked] 90 00  personalised',
    ]);
  });

  it('keeps name, answer to reset and close of the transport below', async () => {
    const inner = replayed('ATR 3B 00');
    const traced = trace(inner, () => {});
    expect(traced).toMatchObject({ name: inner.name, atr: inner.atr });
    await traced.close();
    await expect(inner.transmit(fromHex('00840000'))).rejects.toMatchObject({ code: 'card/closed' });
  });
});

describe.each(watchers)('%s', (_, watch) => {
  it.each(['t1', 't0'] as const)('never shows PIN, PUK or IMSI of a whole session on %s', async (profile) => {
    const lines: string[] = [];
    const card = emulatorTransport(createCard({ profile }));
    const sim = await openBlockchainSim(watch(card, (line) => lines.push(line)));
    const newPin = utf8('97531');
    const seed = utf8('seed of a wallet');
    await sim.openSecureChannel(testKeys());
    await sim.importKey(1, 'P-256', seed, { role: 'wallet' });
    await sim.storeData(personalisation());
    // Encrypted commands, and answers that are not.
    await sim.openSecureChannel(testKeys(), { level: 0x03 });
    await sim.verify(testCard.pin);
    await sim.imsi();
    await sim.closeSecureChannel();
    await sim.select();
    await sim.verify(utf8('8642')).catch(() => {});
    await sim.verify(testCard.pin);
    await sim.imsi();
    await sim.changeReferenceData(testCard.pin, newPin);
    await sim.resetRetryCounter(testCard.puk, newPin);

    const digits = digitsOf(lines);
    for (const secret of [
      testCard.pin,
      testCard.puk,
      newPin,
      utf8('8642'),
      seed,
      encodeImsi(testCard.imsi).subarray(2),
    ])
      expect(digits).not.toContain(toHex(secret));
    // What is no secret is there.
    expect(digits).toContain('f04253494d0100');
  });

  const headers = ['00200001', '00240001', '002C0001', '002C0002', '80E28000', '80480000', '80D83081'];
  const secret = utf8('19283746');

  it('never shows secret data in whatever class, chained or not, however its length is written', async () => {
    const wrap = fc.constantFrom<(header: number[]) => Uint8Array>(
      (header) => concat(Uint8Array.from(header), Uint8Array.of(8), secret),
      (header) => concat(Uint8Array.from(header), Uint8Array.of(8), secret, Uint8Array.of(0)),
      (header) => concat(Uint8Array.from(header), Uint8Array.of(0, 0, 8), secret),
      (header) => concat(Uint8Array.from(header), Uint8Array.of(0, 0, 8), secret, Uint8Array.of(0, 0)),
      (header) => concat(Uint8Array.from(header), secret),
      (header) => concat(Uint8Array.from(header), Uint8Array.of(12), secret),
      (header) => concat(Uint8Array.from(header), Uint8Array.of(16), secret, secret, Uint8Array.of(1, 2, 3)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...headers),
        fc.integer({ min: 0, max: 255 }),
        wrap,
        async (...row) => {
          const [header, cla, encode] = row;
          const lines: string[] = [];
          // A card that gives back what it got must not show it either.
          const watched = watch(
            echo((apdu) => concat(apdu, Uint8Array.of(0x90, 0x00))),
            (line) => lines.push(line),
          );
          await watched.transmit(encode([cla, ...fromHex(header).subarray(1)]));
          expect(digitsOf(lines)).not.toContain(toHex(secret));
          expect(lines.join(' ')).toContain('masked');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never shows a secret response that GET RESPONSE fetches in parts', async () => {
    const imsi = encodeImsi(testCard.imsi);
    const lines: string[] = [];
    const watched = watch(
      replayed(`
        > 00 CA FF 22 00
        < 61 09
        > 00 C0 00 00 04
        < ${toHex(imsi.subarray(0, 4))} 61 05
        > 00 C0 00 00 05
        < ${toHex(imsi.subarray(4))} 90 00`),
      (line) => lines.push(line),
    );
    for (const apdu of ['00CAFF2200', '00C0000004', '00C0000005']) await watched.transmit(fromHex(apdu));
    expect(digitsOf(lines)).not.toContain(toHex(imsi.subarray(0, 4)));
    expect(digitsOf(lines)).not.toContain(toHex(imsi.subarray(4)));
  });

  it('has written the command before the caller can wipe it', async () => {
    const lines: string[] = [];
    const apdu = fromHex('00CA005A00');
    const watched = watch(
      echo((given) => {
        given.fill(0);
        return Uint8Array.of(0x90, 0x00);
      }),
      (line) => lines.push(line),
    );
    await watched.transmit(apdu);
    expect(lines.join(' ')).toContain('00 CA 00 5A 00');
  });
});
