// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSource, type SourceFile } from './source-file.ts';

/** Folder of the project. */
export const projectRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

const codeFolders = ['protocol', 'applet-sim', 'host', 'src', 'scripts', 'test', 'bench', 'web'];

/** Every source file of the project by its path from the root. */
export function readProject(root = projectRoot): ReadonlyMap<string, SourceFile> {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (each) => each.isDirectory() && codeFolders.includes(each.name),
  );
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(root, folder.name), { recursive: true, encoding: 'utf8' }).map(
      (path) => `${folder.name}/${path.replaceAll('\\', '/')}`,
    ),
  );
  const paths = [...inFolders, 'vitest.config.ts'].filter((path) => /\.(ts|mts|mjs|js)$/.test(path)).sort();
  return new Map(paths.map((path) => [path, readSource(path, readFileSync(join(root, path), 'utf8'))]));
}
