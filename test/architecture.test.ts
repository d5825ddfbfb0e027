// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativePackages } from './support/architecture/layers.ts';
import { projectRoot, readProject } from './support/architecture/project.ts';
import {
  cycleViolations,
  fileViolations,
  importViolations,
  LINES_MAX,
  nodeGlobalViolations,
  portabilityViolations,
} from './support/architecture/rules.ts';
import { readSource, type SourceFile } from './support/architecture/source-file.ts';

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
const project = readProject();

describe('the project', () => {
  it('imports only what the import table allows', () => {
    expect(importViolations(project, dependencies)).toEqual([]);
  });

  it('loads nothing in its portable entry points that does not run in a browser', () => {
    expect(portabilityViolations(project)).toEqual([]);
  });

  it('uses no Node global where a layer may use no Node API', () => {
    expect(nodeGlobalViolations(project)).toEqual([]);
  });

  it('has no ring of files that import one another', () => {
    expect(cycleViolations(project)).toEqual([]);
  });

  it('keeps the rules on names, lengths, licence lines, exports and suppressions in every file', () => {
    expect([...project.values()].flatMap(fileViolations)).toEqual([]);
  });

  it('builds every public entry point and command from a source file of its own', () => {
    const targets = [...Object.values(manifest.exports), ...Object.values(manifest.bin)].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : [entry.default, entry.types],
    );
    const sources = targets
      .filter((target) => target !== './package.json')
      .map((target) => target.replace(/^(\.\/)?dist\//, '').replace(/(\.d\.ts|\.js)$/, '.ts'));
    expect(sources.filter((source) => !project.has(source))).toEqual([]);
  });

  it('keeps native packages optional, so that a machine without a compiler installs', () => {
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(Object.keys(nativePackages).sort());
  });

  it('records no download address in the lock file', () => {
    expect(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
  });

  it('names in the lock file the native part of every platform, so that npm ci works on each', () => {
    const lock = JSON.parse(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { optionalDependencies?: Record<string, string> }>>;
    };
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});

/** A project of a few small files; each gets the SPDX line, so that line 2 is the first of the text. */
function files(sources: Readonly<Record<string, string>>): ReadonlyMap<string, SourceFile> {
  const spdx = '// SPDX-License-Identifier: Apache-2.0\n';
  return new Map(Object.entries(sources).map(([path, text]) => [path, readSource(path, `${spdx}${text}\n`)]));
}

const neighbours = {
  'protocol/apdu.ts': '',
  'protocol/bytes.ts': '',
  'protocol/commands/index.ts': '',
  'applet-sim/card.ts': '',
  'host/send.ts': '',
  'src/chain/block.ts': '',
  'src/chain/store/level.ts': '',
  'src/modules/index.ts': '',
  'src/modules/money/state.ts': '',
  'src/api/server.ts': '',
  'src/cli/main.ts': '',
  'test/support/builder.ts': '',
};

describe('the import table', () => {
  it.each([
    ['protocol/x.ts', "import '../host/send.ts';", 'imports host/send.ts, which protocol may not'],
    ['protocol/x.ts', "import type { A } from '../applet-sim/card.ts';", 'which protocol may not'],
    ['protocol/x.ts', "import { readFile } from 'node:fs';", 'protocol uses no Node API'],
    ['protocol/x.ts', "import { readFile } from 'fs/promises';", "expected 'node:fs/promises'"],
    ['protocol/x.ts', "import { parse } from 'csv-parse';", 'package csv-parse, which protocol may not'],
    ['applet-sim/x.ts', "export * from '../host/send.ts';", 'imports host/send.ts, which applet-sim may not'],
    ['applet-sim/x.ts', "export { a } from '../src/chain/block.ts';", 'which applet-sim may not'],
    [
      'host/x.ts',
      "const a = await import('../applet-sim/card.ts');",
      'applet-sim/card.ts, which host may not',
    ],
    ['host/x.ts', "type A = import('../src/chain/block.ts').A;", 'src/chain/block.ts, which host may not'],
    ['host/x.ts', "await import('pcsclite');", 'package pcsclite, which host may not'],
    ['host/x.ts', "import { parse } from 'csv-parse';", 'package csv-parse, which host may not'],
    ['host/x.ts', 'const driver = "x"; await import(driver);', 'loads a module by an expression'],
    ['host/x.ts', "const x = require('node:fs');", "uses require('node:fs')"],
    ['host/x.ts', "process.getBuiltinModule('node:fs');", "uses require('node:fs')"],
    ['host/transports/pcsc.ts', "import pcsc from 'pcsclite';", 'native package pcsclite statically'],
    ['host/provisioning/x.ts', "import '../../src/cli/main.ts';", 'which host/provisioning may not'],
    ['src/chain/x.ts', "import '../../host/send.ts';", 'imports host/send.ts, which src/chain may not'],
    ['src/chain/x.ts', "import '../modules/index.ts';", 'src/modules/index.ts, which src/chain may not'],
    ['src/chain/x.ts', "import '../../protocol/commands/index.ts';", 'protocol/commands/index.ts, which'],
    ['src/chain/x.ts', "import '../../protocol/apdu.ts';", 'protocol/apdu.ts, which src/chain may not'],
    ['src/chain/x.ts', "await import('classic-level');", 'package classic-level, which src/chain may not'],
    ['src/chain/x.ts', "new Worker(new URL('../modules/index.js', import.meta.url));", 'may not'],
    ['src/chain/store/x.ts', "import { ClassicLevel } from 'classic-level';", 'statically'],
    ['src/chain/light-client/x.ts', "import '../store/level.ts'; import 'node:fs';", 'uses no Node API'],
    ['src/modules/identity/x.ts', "import '../money/state.ts';", 'imports module money, expected to ask'],
    ['src/modules/identity/x.ts', "import '../index.ts';", 'imports the list of all modules'],
    ['src/modules/identity/x.ts', "import 'node:crypto';", 'src/modules uses no Node API'],
    ['src/modules/identity/x.ts', "import '../../../host/send.ts';", 'which src/modules may not'],
    ['src/api/x.ts', "import '../cli/main.ts';", 'imports src/cli/main.ts, which src/api may not'],
    ['src/api/x.ts', "import '../../host/send.ts';", 'imports host/send.ts, which src/api may not'],
    ['src/cli/x.ts', "import express from 'express';", 'imports package express, which src/cli may not'],
    ['src/cli/x.ts', "import '../../test/support/builder.ts';", 'which src/cli may not'],
    ['src/cli/x.ts', "import './missing.ts';", 'imports src/cli/missing.ts, which is no source file'],
    ['src/new/x.ts', '', 'lies in no layer of the import table'],
  ])('refuses in %s: %s', (path, text, expected) => {
    const found = importViolations(files({ ...neighbours, [path]: text }), [...dependencies, 'express']);
    expect(found.join('\n')).toContain(expected);
    expect(found[0]).toMatch(new RegExp(`^${path}:\\d `));
  });

  it('refuses a package that package.json does not name', () => {
    const found = importViolations(
      files({ 'applet-sim/x.ts': "import '@noble/unheard-of/x.js';" }),
      dependencies,
    );
    expect(found).toEqual([
      'applet-sim/x.ts:2 imports package @noble/unheard-of, which package.json does not name',
    ]);
  });

  it.each([
    ['applet-sim/x.ts', "import '../protocol/commands/index.ts'; import 'node:net';"],
    ['host/transports/pcsc.ts', "await import('pcsclite'); import '../send.ts';"],
    ['src/chain/x.ts', "import '../../protocol/bytes.ts'; import './store/level.ts'; import 'node:crypto';"],
    ['src/chain/store/level.ts', "await import('classic-level'); import type { A } from 'classic-level';"],
    ['src/modules/index.ts', "import './money/state.ts';"],
    ['src/modules/money/x.ts', "import '../../chain/block.ts'; import './state.ts';"],
    ['src/cli/x.ts', "import '../../host/send.ts'; import '../../applet-sim/card.ts'; import 'commander';"],
    ['test/x.test.ts', "import 'vitest'; import '../src/cli/main.ts'; import './support/builder.ts';"],
  ])('allows in %s: %s', (path, text) => {
    expect(importViolations(files({ ...neighbours, [path]: text }), dependencies)).toEqual([]);
  });
});

describe('the rule on portable entry points', () => {
  it('follows static imports and re-exports to a Node built-in', () => {
    const found = portabilityViolations(
      files({
        'host/index.ts': "export { a } from './open.ts';",
        'host/open.ts': "import { b } from './deep.ts'; export const a = b;",
        'host/deep.ts': "import 'node:net';",
      }),
    );
    expect(found).toEqual(['host/deep.ts:2 imports node:net, but host/index.ts loads it']);
  });

  it.each([
    ["import 'fastify';", 'imports fastify'],
    ['export const a = Buffer.alloc(1);', "uses Node's Buffer"],
    ['export const a = process.env;', "uses Node's process"],
    ['export const a = globalThis.process;', "uses Node's process"],
    ['export const a = { process };', "uses Node's process"],
    ["export const a = require('node:fs');", 'imports node:fs'],
  ])('refuses in the light client: %s', (text, expected) => {
    expect(portabilityViolations(files({ 'src/chain/light-client/index.ts': text })).join()).toContain(
      expected,
    );
  });

  it('leaves out what is loaded only when it is opened, and types', () => {
    const found = portabilityViolations(
      files({
        'host/index.ts':
          "import type { A } from './types.ts'; export const open = () => import('./pcsc.ts');",
        'host/types.ts': "import 'node:net';",
        'host/pcsc.ts': "import 'node:os';",
      }),
    );
    expect(found).toEqual([]);
  });

  it('tells members named like a Node global from the global', () => {
    const text = 'export const f = (card: { process(a: number): void }) => { card.process(1); };';
    expect(nodeGlobalViolations(files({ 'protocol/x.ts': text }))).toEqual([]);
    expect(nodeGlobalViolations(files({ 'protocol/x.ts': 'export const a = process.pid;' }))).toHaveLength(1);
  });
});

describe('the rule on rings', () => {
  it('names a ring of three files once, through types and re-exports too', () => {
    const found = cycleViolations(
      files({
        'host/b.ts': "import type { C } from './c.ts';",
        'host/a.ts': "export { b } from './b.ts';",
        'host/c.ts': "import { a } from './a.ts';",
      }),
    );
    expect(found).toEqual(['host/a.ts:1 is in a ring: host/a.ts → host/b.ts → host/c.ts → host/a.ts']);
  });

  it('accepts two ways to the same file', () => {
    const found = cycleViolations(
      files({
        'host/a.ts': "import './b.ts'; import './c.ts';",
        'host/b.ts': "import './c.ts';",
        'host/c.ts': '',
      }),
    );
    expect(found).toEqual([]);
  });
});

describe('the rules on one file', () => {
  const spdx = '// SPDX-License-Identifier: Apache-2.0\n';
  it.each([
    ['host/x.ts', 'export const a = 1;', 'does not begin with the SPDX line'],
    ['host/utils.ts', spdx, 'is named utils.ts'],
    ['host/helpers.ts', spdx, 'is named helpers.ts'],
    ['test/support/common.ts', spdx, 'is named common.ts'],
    ['src/cli/manager.ts', spdx, 'is named manager.ts'],
    ['host/getResponse.ts', spdx, 'expected kebab-case'],
    ['host/x.ts', `${spdx}export default 1;`, 'host/x.ts:2 has a default export'],
    ['host/x.ts', `${spdx}const a = 1;\nexport { a as default };`, 'host/x.ts:3 has a default export'],
    ['host/x.ts', `${spdx}// @ts-ignore\nconst a: number = '';`, 'switches the type checker off'],
    ['host/x.ts', `${spdx}// @ts-nocheck`, 'switches the type checker off'],
    ['host/x.ts', `${spdx}// @ts-expect-error\nconst a: number = '';`, 'a type error without a reason'],
    [
      'host/x.ts',
      `${spdx}// biome-ignore lint/suspicious/noExplicitAny: <explanation>`,
      'a lint rule without',
    ],
    ['host/x.ts', `${spdx}// biome-ignore lint: x`, 'a lint rule without a reason'],
    ['host/x.ts', `${spdx}const = 1;`, 'cannot be read'],
    ['host/x.ts', spdx.repeat(LINES_MAX + 1), `has ${LINES_MAX + 1} lines`],
  ])('refuses %s: %j', (path, text, expected) => {
    expect(fileViolations(readSource(path, text)).join('\n')).toContain(expected);
  });

  it('accepts a file of the greatest length, and a command with its interpreter line', () => {
    expect(fileViolations(readSource('host/x.ts', spdx.repeat(LINES_MAX)))).toEqual([]);
    expect(fileViolations(readSource('src/cli/main.ts', `#!/usr/bin/env node\n${spdx}`))).toEqual([]);
  });
});
