// SPDX-License-Identifier: Apache-2.0
// `npm run firmware:run -- ARGS`: the applet on a simulated Java Card, in a virtual reader; `--help` lists ARGS.
import { spawn } from 'node:child_process';
import { ensureFirmwareBuilt, javaArguments } from './firmware.mjs';
import { orExit } from './set-up.mjs';

orExit(ensureFirmwareBuilt());
const card = spawn('java', javaArguments('bsim.simulator.Main', ...process.argv.slice(2)), {
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to both; this one waits for the card to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => card.kill('SIGTERM'));
card.on('error', (error) => orExit(`the card was not started: ${error.message}`));
card.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
