// SPDX-License-Identifier: Apache-2.0
import {
  isWithin,
  type Layer,
  layerOf,
  moduleOf,
  nativePackages,
  portableEntries,
  portablePackages,
} from './layers.ts';
import { builtinOf, type Import, packageOf, type SourceFile, targetOf } from './source-file.ts';

/** Lines of one source file; longer ones are split by concept. */
export const LINES_MAX = 400;

/** A breach of a rule, as `path:line what is wrong`. */
export type Violation = string;

type Files = ReadonlyMap<string, SourceFile>;

/** Breaches of the import table, of which file may import what. */
export function importViolations(files: Files, dependencies: readonly string[]): readonly Violation[] {
  return [...files.values()].flatMap((file) => {
    const layer = layerOf(file.path);
    const free = isWithin(file.path, 'test') || isWithin(file.path, 'bench') || !file.path.includes('/');
    if (layer === undefined && !free) return [`${file.path}:1 lies in no layer of the import table`];
    return file.imports.flatMap((use) => {
      const wrong = importFault(file.path, layer, use, files, dependencies);
      return wrong === undefined ? [] : [`${file.path}:${use.line} ${wrong}`];
    });
  });
}

function importFault(
  from: string,
  layer: Layer | undefined,
  use: Import,
  files: Files,
  dependencies: readonly string[],
): string | undefined {
  const { specifier } = use;
  if (specifier === undefined)
    return layer === undefined ? undefined : `loads a module by an expression, expected a literal`;
  if (use.kind === 'require' && layer !== undefined) return `uses require('${specifier}'), expected import`;
  const target = targetOf(from, specifier);
  if (target !== undefined) return ownFault(from, layer, target, files);
  const builtin = builtinOf(specifier);
  if (builtin !== undefined) {
    if (!specifier.startsWith('node:')) return `imports '${specifier}', expected 'node:${specifier}'`;
    return layer?.node === false ? `imports ${specifier}, but ${layer.path} uses no Node API` : undefined;
  }
  if (layer === undefined) return undefined;
  const name = packageOf(specifier);
  if (!allows(layer.packages, name)) return `imports package ${name}, which ${layer.path} may not`;
  if (!dependencies.includes(name)) return `imports package ${name}, which package.json does not name`;
  if (nativePackages[name] !== undefined && use.kind !== 'dynamic' && !use.typeOnly)
    return `loads the native package ${name} statically, expected import() when it is needed`;
  return undefined;
}

function ownFault(from: string, layer: Layer | undefined, target: string, files: Files): string | undefined {
  // Workers are named by their compiled file, and tests may run what was built.
  const source = target.replace(/\.js$/, '.ts');
  const path = files.has(target) ? target : layer === undefined ? source.replace(/^dist\//, '') : source;
  if (!files.has(path)) return `imports ${target}, which is no source file`;
  if (layer === undefined) return undefined;
  const module = moduleOf(path);
  const own = moduleOf(from);
  if (own !== undefined && module !== undefined && own !== module)
    return `imports module ${module}, expected to ask for what it needs in expects.ts`;
  if (own !== undefined && path === 'src/modules/index.ts') return 'imports the list of all modules';
  if (layerOf(path)?.path === layer.path) return undefined;
  const allowed = allows(layer.imports, path) || isWithin(path, layer.path);
  if (!allowed || layer.never?.some((place) => isWithin(path, place)))
    return `imports ${path}, which ${layer.path} may not`;
  return undefined;
}

const allows = (list: readonly string[], name: string): boolean =>
  list.some((each) => (each.endsWith('/') ? name.startsWith(each) : isWithin(name, each)));

/** Everything that a portable entry point loads statically and that does not run in a browser. */
export function portabilityViolations(files: Files): readonly Violation[] {
  return portableEntries
    .filter((entry) => files.has(entry))
    .flatMap((entry) =>
      [...staticClosure(entry, files)].flatMap((path) => nodeUses(files.get(path), `${entry} loads it`)),
    )
    .filter((violation, i, all) => all.indexOf(violation) === i);
}

/** Node globals in a layer that uses no Node API. */
export function nodeGlobalViolations(files: Files): readonly Violation[] {
  return [...files.values()]
    .filter((file) => layerOf(file.path)?.node === false)
    .flatMap((file) => nodeUses(file, 'the layer uses no Node API'));
}

function nodeUses(file: SourceFile | undefined, why: string): readonly Violation[] {
  if (file === undefined) return [];
  const globals = file.nodeGlobals.map(
    (use) => `${file.path}:${use.line} uses Node's ${use.name}, but ${why}`,
  );
  const imports = file.imports.filter(isLoaded).flatMap((use) => {
    const specifier = use.specifier ?? '';
    if (targetOf(file.path, specifier) !== undefined) return [];
    if (builtinOf(specifier) === undefined && allows(portablePackages, packageOf(specifier))) return [];
    return [`${file.path}:${use.line} imports ${specifier}, but ${why}`];
  });
  return [...globals, ...imports];
}

/** Whether the import is there at run time as soon as the file is loaded. */
const isLoaded = (use: Import): boolean =>
  !use.typeOnly && (use.kind === 'static' || use.kind === 're-export' || use.kind === 'require');

/** All files that are loaded with that file, itself included. */
export function staticClosure(entry: string, files: Files): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const use of files.get(path)?.imports.filter(isLoaded) ?? []) {
      const target = use.specifier === undefined ? undefined : targetOf(path, use.specifier);
      if (target !== undefined) waiting.push(target);
    }
  }
  return seen;
}

/** Rings of files that import one another, types included; each ring is named once, by its files. */
export function cycleViolations(files: Files): readonly Violation[] {
  const rings = new Set<string>();
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const ring = path.slice(at);
      const first = ring.indexOf(ring.toSorted()[0] ?? '');
      const turned = [...ring.slice(first), ...ring.slice(0, first)];
      rings.add(`${turned[0]}:1 is in a ring: ${[...turned, turned[0]].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const use of files.get(file)?.imports ?? []) {
      const target =
        use.specifier === undefined || use.kind === 'dynamic' || use.kind === 'url'
          ? undefined
          : targetOf(file, use.specifier);
      if (target !== undefined && files.has(target)) visit(target);
    }
    path.pop();
    done.add(file);
  };
  for (const file of files.keys()) visit(file);
  return [...rings];
}

/** Breaches of the rules on one file's name and text. */
export function fileViolations(file: SourceFile): readonly Violation[] {
  const found: Violation[] = file.syntaxErrors.map((error) => `${file.path}:1 cannot be read: ${error}`);
  const say = (line: number, what: string): void => void found.push(`${file.path}:${line} ${what}`);
  const name = file.path.split('/').at(-1) ?? '';
  if (/^(utils?|helpers?|common|managers?)\./.test(name)) say(1, `is named ${name}, which says no concept`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|config|d))?\.(ts|mjs)$/.test(name))
    say(1, `is named ${name}, expected kebab-case`);
  if (file.lines.length > LINES_MAX) say(1, `has ${file.lines.length} lines, expected at most ${LINES_MAX}`);
  const first = file.lines[0]?.startsWith('#!') ? file.lines[1] : file.lines[0];
  if (first !== '// SPDX-License-Identifier: Apache-2.0') say(1, 'does not begin with the SPDX line');
  for (const line of file.defaultExports) {
    // Vitest reads its configuration from the default export.
    if (file.path !== 'vitest.config.ts') say(line, 'has a default export');
  }
  for (const { text, line } of file.comments) {
    if (/^\s*@ts-(ignore|nocheck)/.test(text)) say(line, 'switches the type checker off');
    if (/^\s*@ts-expect-error\s*\S{0,9}\s*$/.test(text))
      say(line, 'suppresses a type error without a reason');
    if (/^\s*biome-ignore/.test(text) && !/biome-ignore[\w-]* [\w/]+: (?!<explanation>).{10,}/.test(text))
      say(line, 'suppresses a lint rule without a reason');
  }
  return found;
}
