// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A TypeScript program made runnable by plain node, for tests that kill it. */
export type Compiled = { readonly script: string; remove(): void };

/** Compiles one file of the project, named from its root, with all that it imports, into a temporary folder. */
export function compile(source: string): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-compiled-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      outDir: folder,
      rootDir: root,
      typeRoots: [join(root, 'node_modules/@types')],
      rewriteRelativeImportExtensions: true,
    },
    include: [join(root, source)],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  return {
    script: join(folder, source.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** As {@link compile}, but one file without type checks, which starts sooner: for programs that are started often. */
export async function bundle(source: string): Promise<Compiled> {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-bundled-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const build = await rolldown({
    input: join(root, source),
    platform: 'node',
    external: (id) => id === 'vitest',
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  const script = join(folder, 'program.mjs');
  writeFileSync(script, output[0].code);
  return { script, remove: () => rmSync(folder, { recursive: true }) };
}
