// SPDX-License-Identifier: Apache-2.0
// What Oracle's Java Card Development Kit needs to be told: where its parts lie in each release, and how its converter
// and its verifier are called.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Version of the Java Card API that the applet keeps to. */
export const API = '3.0.5';
/** Package, class and AIDs of the applet; both AIDs begin with the same five bytes, as the converter wants. */
export const applet = {
  package: 'bsim.card',
  packageAid: 'F04253494D01',
  class: 'bsim.card.BlockchainSim',
  aid: 'F04253494D0100',
};

/** Path of GlobalPlatform's export file below a folder of export files. */
export const GLOBALPLATFORM = 'org/globalplatform/javacard/globalplatform.exp';
/** First bytes of an export file. Source: Java Card Virtual Machine Specification 3.0.5, chapter 5. */
const EXPORT_MAGIC = 0x00facade;
/** Newest class files that the converters of all these kits take: those of Java 7. */
const CLASS_FILE_MAX = 51;

/**
 * The kit in a folder: its jars, the export files of the API, and `targets`, whether it builds for several versions of
 * the API and must be told which (kits for 3.1 and newer). A text that says what is wrong where there is none.
 */
export function openSdk(folder) {
  if (!existsSync(join(folder, 'lib/tools.jar')))
    return `JC_SDK is no Java Card Development Kit: found no lib/tools.jar in ${folder}`;
  const jars = readdirSync(join(folder, 'lib'))
    .filter((name) => name.endsWith('.jar') && !name.startsWith('api_classic'))
    .map((name) => join(folder, 'lib', name))
    .sort();
  const several = join(folder, `api_export_files_${API}`);
  if (existsSync(several)) return { folder, jars, exports: several, targets: true };
  const single = join(folder, 'api_export_files');
  // The API has had this package since 3.0.5.
  if (existsSync(join(single, 'javacardx/security')))
    return { folder, jars, exports: single, targets: false };
  return `JC_SDK has no export files of the Java Card API ${API}: found none in ${several} or ${single}`;
}

/** GlobalPlatform's export file at a path: the file itself or a folder above it. A text where there is none. */
export function findGlobalPlatformExport(path) {
  const places = [path, join(path, 'globalplatform.exp'), join(path, GLOBALPLATFORM)];
  const file = places.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  if (file === undefined)
    return { fault: `GP_EXPORT leads to no export file: found none of ${places.join(', ')}` };
  const bytes = readFileSync(file);
  return bytes.length > 4 && bytes.readUInt32BE(0) === EXPORT_MAGIC
    ? { file }
    : { fault: `GP_EXPORT is no export file: ${file} does not begin with 00FACADE` };
}

/** Arguments of `java` that convert the classes below a folder; `version` is that of the package, as `0.1`. */
export const converterArguments = (sdk, { classes, exports, out, version }) => [
  ...tool(sdk, 'com.sun.javacard.converter.Main'),
  ...['-classdir', classes, '-d', out, '-nobanner', '-out', 'CAP', 'EXP'],
  ...(sdk.targets
    ? ['-target', API, '-exportpath', exports]
    : ['-useproxyclass', '-exportpath', [sdk.exports, exports].join(delimiter)]),
  ...['-applet', colons(applet.aid), applet.class],
  ...[applet.package, colons(applet.packageAid), version],
];

/** Arguments of `java` that verify a CAP file against the export files of what it uses, and its own. */
export const verifierArguments = (sdk, { cap, exportFiles }) => [
  ...tool(sdk, 'com.sun.javacard.offcardverifier.Verifier'),
  '-nobanner',
  ...(sdk.targets ? ['-target', API] : []),
  ...exportFiles,
  cap,
];

/** Every export file below a folder. */
export const exportFilesIn = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.exp'))
    .map((name) => join(folder, name))
    .sort();

/**
 * A class file as a converter takes it: marked as one of Java 7. Nothing that is newer stands in the applet's: the
 * subset check refuses lambdas, bodies in interfaces and annotations, and no instruction was added.
 */
export function lowerClassFile(bytes) {
  const lowered = Buffer.from(bytes);
  lowered.writeUInt16BE(Math.min(lowered.readUInt16BE(6), CLASS_FILE_MAX), 6);
  return lowered;
}

const tool = (sdk, mainClass) => [`-Djc.home=${sdk.folder}`, '-cp', sdk.jars.join(delimiter), mainClass];

/** An AID as these tools write it: `0xF0:0x42`. */
const colons = (aid) => aid.replace(/../g, ':0x$&').slice(1);
