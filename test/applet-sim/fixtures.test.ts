// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/bytes.ts';
import { findCommand } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { type ApduFile, readStates } from '../conformance/apdu-fixtures.ts';
import { fixtureCommands } from '../conformance/card.ts';

const folder = new URL('../../fixtures/apdu/', import.meta.url);
const read = (name: string): ApduFile => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const commands = Object.entries(fixtureCommands);
const states = readStates(new URL('states/states.json', folder));

it('has one APDU file for each command, and no other', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(commands.map(([name]) => `${name}.json`).sort());
});

describe.each(commands)('the sequences of %s', (name, command) => {
  const file = read(name);
  const steps = file.sequences.flatMap((sequence) => sequence.steps);

  it('name command and source', () => {
    expect(file.command).toBe(command.name);
    expect(file.source).toMatch(/ISO\/IEC|GlobalPlatform/);
  });

  it('start in a state that is described, each under a title of its own', () => {
    const titles = file.sequences.map((sequence) => sequence.title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { from } of file.sequences) expect(states).toHaveProperty([from]);
  });

  it('reach every status word of the command, a wrong length and wrong P1-P2', () => {
    const reached = new Set(
      steps.flatMap((step) => {
        if ('reset' in step) return [];
        const apdu = fromHex(step.send);
        // GET RESPONSE that succeeds is sent by whoever plays the steps, for a response left without Le.
        if (command === cardCommands.getResponse && isSelectWithoutLe(apdu)) return [step.sw];
        const found = findCommand({ ...cardCommands, ...blockchainSimCommands }, apdu);
        return found === command || (found === undefined && apdu[1] === command.ins) ? [step.sw] : [];
      }),
    );
    const badParameters = name.startsWith('get-') && command.ins === 0xca ? '6A88' : '6A86';
    for (const sw of ['6700', badParameters, ...Object.keys(command.statusWords)]) {
      const pattern = new RegExp(`^${sw.replaceAll('X', '.')}$`);
      expect(
        [...reached].some((found) => pattern.test(found)),
        sw,
      ).toBe(true);
    }
  });
});

const isSelectWithoutLe = (apdu: Uint8Array): boolean =>
  apdu[1] === cardCommands.select.ins && apdu.length === 5 + (apdu[4] as number);
