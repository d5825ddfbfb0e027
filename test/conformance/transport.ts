// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  parseTranscript,
  type RecordedAnswer,
  type RecordedCommand,
  type Transcript,
} from '../../host/transcript.ts';
import { toUpperHex } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';

/** A session with a blank card that is fixed to the byte: commands in full, and what any transport answers. */
export type Scenario = {
  readonly name: string;
  readonly profile: 't1' | 't0';
  readonly transcript: Transcript;
};

/** What the suite needs of an implementation. */
export type TransportHarness = {
  /** Opens a way to a blank card that was just put in; the suite closes it. */
  open(scenario: Scenario): Promise<Transport>;
};

const folder = new URL('../../fixtures/transcripts/', import.meta.url);

/** Every scenario of fixtures/transcripts, by file. */
export const scenarios: readonly Scenario[] = readdirSync(folder)
  .filter((file) => /-t[01]\.apdu$/.test(file))
  .map((file) => ({
    name: file,
    profile: file.endsWith('-t0.apdu') ? 't0' : 't1',
    transcript: parseTranscript(readFileSync(new URL(file, folder), 'utf8')),
  }));

const anyScenario = scenarios[0] as Scenario;

/** Declares the tests that every transport passes. */
export function describeTransport(title: string, harness: TransportHarness): void {
  const using = async (scenario: Scenario, work: (transport: Transport) => Promise<void>): Promise<void> => {
    const transport = await harness.open(scenario);
    try {
      await work(transport);
    } finally {
      await transport.close();
    }
  };

  describe(title, () => {
    it.each(scenarios)('carries $name to the byte, status words of refusals included', async (scenario) => {
      await using(scenario, async (transport) => {
        const found: string[] = [];
        for (const { command } of scenario.transcript.exchanges)
          found.push(toUpperHex(await transport.transmit(commandOf(command))));
        expect(found).toEqual(scenario.transcript.exchanges.map(({ answer }) => answerOf(answer)));
      });
    });

    it.each(scenarios)('shows the answer to reset of $name', async (scenario) => {
      await using(scenario, async ({ atr }) => {
        expect(toUpperHex(atr as Uint8Array)).toBe(toUpperHex(scenario.transcript.atr as Uint8Array));
      });
    });

    it('has a name that is a URI', async () => {
      await using(anyScenario, async ({ name }) => {
        expect(name).toMatch(/^[a-z]+:.+/);
      });
    });

    it('leaves the APDU as it was, and takes it from any part of a larger buffer', async () => {
      await using(anyScenario, async (transport) => {
        const [exchange] = anyScenario.transcript.exchanges;
        const apdu = commandOf(exchange?.command);
        const larger = new Uint8Array(apdu.length + 6).fill(0xee);
        larger.set(apdu, 3);
        const before = larger.slice();
        const answer = await transport.transmit(larger.subarray(3, 3 + apdu.length));
        expect(toUpperHex(answer)).toBe(answerOf(exchange?.answer));
        expect(larger).toEqual(before);
      });
    });

    it('keeps no APDU: one wiped after its answer changes nothing', async () => {
      await using(anyScenario, async (transport) => {
        for (const { command, answer } of anyScenario.transcript.exchanges.slice(0, 3)) {
          const apdu = commandOf(command).slice();
          const found = await transport.transmit(apdu);
          apdu.fill(0);
          expect(toUpperHex(found)).toBe(answerOf(answer));
        }
      });
    });

    it('refuses commands after close with card/closed', async () => {
      const transport = await harness.open(anyScenario);
      await transport.close();
      const apdu = commandOf(anyScenario.transcript.exchanges[0]?.command);
      await expect(transport.transmit(apdu)).rejects.toMatchObject({ code: 'card/closed' });
    });

    it('closes twice without harm', async () => {
      const transport = await harness.open(anyScenario);
      await transport.close();
      await expect(transport.close()).resolves.toBeUndefined();
    });
  });
}

/** The commands of scenarios are all in full; anything else is a fault of the fixture. */
function commandOf(command: RecordedCommand | undefined): Uint8Array {
  expect(command).toHaveProperty('apdu');
  return (command as { apdu: Uint8Array }).apdu;
}

function answerOf(answer: RecordedAnswer | undefined): string {
  expect(answer).toHaveProperty('response');
  return toUpperHex((answer as { response: Uint8Array }).response);
}
