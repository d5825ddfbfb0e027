// SPDX-License-Identifier: Apache-2.0
// `npm run firmware:cap`: converts the applet to a CAP file, with a Java Card Development Kit that the user has.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import {
  converterArguments,
  exportFilesIn,
  findGlobalPlatformExport,
  GLOBALPLATFORM,
  lowerClassFile,
  openSdk,
  verifierArguments,
} from './card-sdk.mjs';
import { ensureFirmwareBuilt } from './firmware.mjs';
import { attempt, orExit, root } from './set-up.mjs';

const HELP = `The CAP file is made with Oracle's Java Card Development Kit, which this project may not pass on:

  1. Get the kit from https://www.oracle.com/java/technologies/javacard-sdk-downloads.html and unpack it: the tools for
     3.1 or 3.2, or the kit 3.0.5u1 or newer.
  2. Get the export file of the GlobalPlatform Card API (org.globalplatform) from https://globalplatform.org: version
     1.5 or 1.6, not newer than what the card has, which else refuses to load the file. It cannot be made here, for its
     numbers must be those of the card.
  3. JC_SDK=/folder/of/the/kit GP_EXPORT=/path/of/globalplatform.exp npm run firmware:cap
`;

const { JC_SDK, GP_EXPORT } = process.env;
if (!JC_SDK) explain('JC_SDK is not set');
const sdk = openSdk(JC_SDK);
if (typeof sdk === 'string') explain(sdk);
if (!GP_EXPORT) explain('GP_EXPORT is not set');
const globalPlatform = findGlobalPlatformExport(GP_EXPORT);
if (globalPlatform.fault !== undefined) explain(globalPlatform.fault);

orExit(ensureFirmwareBuilt());
const work = join(root, 'firmware/target/cap');
rmSync(work, { recursive: true, force: true });
const [classes, exports, out] = ['classes', 'exports', 'out'].map((name) => join(work, name));
put(join(exports, GLOBALPLATFORM), readFileSync(globalPlatform.file));
const compiled = join(root, 'firmware/applet/target/classes');
for (const name of readdirSync(compiled, { recursive: true, encoding: 'utf8' }))
  if (name.endsWith('.class')) put(join(classes, name), lowerClassFile(readFileSync(join(compiled, name))));

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [major, minor] = version.split('.');
run('converting', converterArguments(sdk, { classes, exports, out, version: `${major}.${minor}` }));
const made = join(out, 'bsim/card/javacard/card.cap');
// Some releases of the kit end with 0 when they failed.
if (!existsSync(made)) orExit(`the converter made no ${made}`);
const exportFiles = [sdk.exports, exports, out].flatMap(exportFilesIn);
run('verifying', verifierArguments(sdk, { cap: made, exportFiles }));
const cap = join(root, 'firmware/target/blockchain-sim.cap');
copyFileSync(made, cap);
process.stdout.write(`${cap}\n`);

function explain(what) {
  process.stderr.write(`${what}\n\n${HELP}`);
  process.exit(2);
}

function run(title, args) {
  orExit(
    attempt(`${title} the applet: java ${args[3]}`, () => spawnSync('java', args, { encoding: 'utf8' })),
  );
}

function put(file, bytes) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
