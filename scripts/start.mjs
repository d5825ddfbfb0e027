// SPDX-License-Identifier: Apache-2.0
// `npm start`: the main job on emulated cards and an embedded chain, set-up included.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureDependencies, orExit, root } from './set-up.mjs';

orExit(ensureDependencies());
orExit(ensureBuilt());

const main = join(root, 'dist/src/cli/main.js');
const demo = spawn(process.execPath, [main, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
// The terminal sends Ctrl-C to both; this one waits for the demo to put its things away.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => demo.kill('SIGTERM'));
demo.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
