// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { bench, describe } from 'vitest';
import { openPcscNamespace, pcscUnavailable, VIRTUAL_READER } from '../test/support/pcsc-namespace.ts';

const unavailable = pcscUnavailable();
const script = fileURLToPath(new URL('./scripts/pcsc-overhead.mjs', import.meta.url));

describe.skipIf(unavailable !== undefined)(`PC/SC${unavailable ? ` (left out: ${unavailable})` : ''}`, () => {
  bench(
    'host stack ÷ bare pcsclite, one APDU through pcscd',
    async () => {
      const namespace = await openPcscNamespace();
      try {
        await namespace.startDaemon();
        const card = await namespace.insertCard();
        const { stdout, stderr } = await namespace.run(process.execPath, [script, VIRTUAL_READER], 60_000);
        process.stdout.write(stderr === '' ? `${report(JSON.parse(stdout))}\n` : stderr);
        await card.remove();
      } finally {
        await namespace.close();
      }
    },
    { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 },
  );
});

type Figures = Readonly<Record<'raw' | 'stack' | 'ratio' | 'lowest' | 'highest', number>>;

const report = ({ raw, stack, ratio, lowest, highest }: Figures): string =>
  `bare pcsclite ${raw.toFixed(1)} µs, host stack ${stack.toFixed(1)} µs an APDU; ` +
  `ratio ${ratio.toFixed(3)} (median of 9 rounds of 1000; ${lowest.toFixed(3)} to ${highest.toFixed(3)})`;
