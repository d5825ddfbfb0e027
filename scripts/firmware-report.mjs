// SPDX-License-Identifier: Apache-2.0
// `npm run firmware`: builds the firmware, runs its tests, and says what the applet takes of a card.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureFirmwareBuilt, javaArguments } from './firmware.mjs';
import { orExit, root } from './set-up.mjs';

orExit(ensureFirmwareBuilt());
const memory = JSON.parse(java('bsim.simulator.Main', '--memory'));
process.stdout.write('Memory of the applet once it is installed, estimated on jCardSim (bytes):\n');
for (const kind of ['transient', 'persistent'])
  for (const [what, bytes] of Object.entries(memory[kind]))
    process.stdout.write(
      `  ${`${kind}, ${what === 'total' ? 'in all' : what}`.padEnd(30)}${String(bytes).padStart(7)}\n`,
    );
process.stdout.write(java('bsim.subset.size.SizeReport', join(root, 'firmware/applet/target/classes')));

/** What a program of the firmware prints. */
function java(...args) {
  const { status, stdout, stderr, error } = spawnSync('java', javaArguments(...args), { encoding: 'utf8' });
  if (status !== 0) orExit(`${args.join(' ')} failed: ${stderr ?? ''}${error?.message ?? ''}`);
  return stdout;
}
