// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCKCHAIN_SIM_AID } from '../../protocol/index.ts';
import { projectRoot } from '../support/architecture/project.ts';

type Sdk = {
  readonly folder: string;
  readonly jars: readonly string[];
  readonly exports: string;
  readonly targets: boolean;
};

// A script in plain JavaScript: its types are these.
const script = (await import(pathToFileURL(join(projectRoot, 'scripts/card-sdk.mjs')).href)) as {
  readonly applet: { readonly aid: string; readonly packageAid: string };
  openSdk(folder: string): Sdk | string;
  findGlobalPlatformExport(path: string): { readonly file?: string; readonly fault?: string };
  converterArguments(
    sdk: Sdk,
    options: { classes: string; exports: string; out: string; version: string },
  ): readonly string[];
  verifierArguments(sdk: Sdk, options: { cap: string; exportFiles: readonly string[] }): readonly string[];
  exportFilesIn(folder: string): readonly string[];
  lowerClassFile(bytes: Uint8Array): Uint8Array;
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bsim-cap-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with these files, empty or with these bytes; the tools of a kit are not among them. */
function layOut(files: readonly string[], bytes: Uint8Array = new Uint8Array()): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
}

/** Where kit 3.0.5 keeps what is used of it, and kit 3.2. */
const kit305 = [
  'bin/converter.bat',
  'lib/api_classic.jar',
  'lib/api_classic_annotations.jar',
  'lib/asm-all-3.1.jar',
  'lib/tools.jar',
  'api_export_files/java/lang/javacard/lang.exp',
  'api_export_files/javacardx/security/javacard/security.exp',
];
const kit320 = [
  'bin/converter.sh',
  'lib/api_classic-3.0.5.jar',
  'lib/api_classic-3.2.0.jar',
  'lib/asm-9.4.jar',
  'lib/tools.jar',
  'api_export_files_3.0.4/java/lang/javacard/lang.exp',
  'api_export_files_3.0.5/java/lang/javacard/lang.exp',
  'api_export_files_3.2.0/java/lang/javacard/lang.exp',
];

function opened(): Sdk {
  const sdk = script.openSdk(folder);
  if (typeof sdk === 'string') throw new Error(sdk);
  return sdk;
}

function run(env: Readonly<Record<string, string>>) {
  const { JC_SDK: _, GP_EXPORT: __, ...rest } = process.env;
  const args = [join(projectRoot, 'scripts/firmware-cap.mjs')];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...rest, ...env } });
}

describe('npm run firmware:cap', () => {
  it('ends with 2 and says what to get where no kit is named', () => {
    const { status, stdout, stderr } = run({});
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^JC_SDK is not set\n/);
    expect(stderr).toContain('https://www.oracle.com/java/technologies/javacard-sdk-downloads.html');
    expect(stderr).toContain(
      'JC_SDK=/folder/of/the/kit GP_EXPORT=/path/of/globalplatform.exp npm run firmware:cap',
    );
  });

  it('ends with 2 where the folder is no kit', () => {
    const { status, stderr } = run({ JC_SDK: folder });
    expect(status).toBe(2);
    expect(stderr).toContain(`JC_SDK is no Java Card Development Kit: found no lib/tools.jar in ${folder}`);
  });

  it('ends with 2 where the export file of GlobalPlatform is not named', () => {
    layOut(kit305);
    const { status, stderr } = run({ JC_SDK: folder });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^GP_EXPORT is not set\n/);
  });

  it('ends with 2 where the export file of GlobalPlatform is none', () => {
    layOut([...kit305, 'globalplatform.exp']);
    const { status, stderr } = run({ JC_SDK: folder, GP_EXPORT: folder });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^GP_EXPORT is no export file: .*globalplatform\.exp does not begin with 00FACADE\n/,
    );
  });
});

describe('what the tools of a kit are told', () => {
  it('names the applet as the host does', () => {
    expect(script.applet.aid).toBe(BLOCKCHAIN_SIM_AID);
    expect(script.applet.packageAid.slice(0, 10)).toBe(BLOCKCHAIN_SIM_AID.slice(0, 10));
  });

  it('refuses a kit for an older API', () => {
    layOut(['lib/tools.jar', 'api_export_files/java/lang/javacard/lang.exp']);
    expect(script.openSdk(folder)).toMatch(
      /^JC_SDK has no export files of the Java Card API 3\.0\.5: found none in /,
    );
  });

  it('gives the converter of kit 3.0.5 its export files beside those of GlobalPlatform', () => {
    layOut(kit305);
    const args = script.converterArguments(opened(), {
      classes: '/classes',
      exports: '/exports',
      out: '/out',
      version: '0.1',
    });
    expect(args).toEqual([
      `-Djc.home=${folder}`,
      '-cp',
      `${folder}/lib/asm-all-3.1.jar:${folder}/lib/tools.jar`,
      'com.sun.javacard.converter.Main',
      '-classdir',
      '/classes',
      '-d',
      '/out',
      '-nobanner',
      '-out',
      'CAP',
      'EXP',
      '-useproxyclass',
      '-exportpath',
      `${folder}/api_export_files:/exports`,
      '-applet',
      '0xF0:0x42:0x53:0x49:0x4D:0x01:0x00',
      'bsim.card.BlockchainSim',
      'bsim.card',
      '0xF0:0x42:0x53:0x49:0x4D:0x01',
      '0.1',
    ]);
  });

  it('tells the converter of kit 3.2 for which version it converts', () => {
    layOut(kit320);
    const options = { classes: '/classes', exports: '/exports', out: '/out', version: '0.1' };
    const args = script.converterArguments(opened(), options);
    expect(args.slice(0, 4)).toEqual([
      `-Djc.home=${folder}`,
      '-cp',
      `${folder}/lib/asm-9.4.jar:${folder}/lib/tools.jar`,
      'com.sun.javacard.converter.Main',
    ]);
    expect(args.slice(12, 16)).toEqual(['-target', '3.0.5', '-exportpath', '/exports']);
  });

  it('gives the verifier the export files of API, GlobalPlatform and applet, the CAP file last', () => {
    layOut(kit320);
    const sdk = opened();
    const exportFiles = [...script.exportFilesIn(sdk.exports), '/exports/globalplatform.exp'];
    expect(script.verifierArguments(sdk, { cap: '/out/card.cap', exportFiles }).slice(3)).toEqual([
      'com.sun.javacard.offcardverifier.Verifier',
      '-nobanner',
      '-target',
      '3.0.5',
      `${folder}/api_export_files_3.0.5/java/lang/javacard/lang.exp`,
      '/exports/globalplatform.exp',
      '/out/card.cap',
    ]);
  });

  it.each(['globalplatform.exp', 'org/globalplatform/javacard/globalplatform.exp'])(
    'finds %s below a folder and by its own path',
    (name) => {
      layOut([name], Uint8Array.of(0x00, 0xfa, 0xca, 0xde, 1));
      const file = join(folder, name);
      expect(script.findGlobalPlatformExport(folder)).toEqual({ file });
      expect(script.findGlobalPlatformExport(file)).toEqual({ file });
    },
  );

  it('says where it looked for the export file of GlobalPlatform', () => {
    expect(script.findGlobalPlatformExport(join(folder, 'none')).fault).toMatch(
      /^GP_EXPORT leads to no export file: found none of .*none, .*globalplatform\.exp, /,
    );
  });

  it('marks class files of Java 8 as ones of Java 7 and leaves older ones', () => {
    const classFile = (major: number) => Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, major, 0, 1);
    const lowered = (major: number) => [...script.lowerClassFile(classFile(major))];
    expect(lowered(52)).toEqual([...classFile(51)]);
    expect(lowered(50)).toEqual([...classFile(50)]);
  });
});
