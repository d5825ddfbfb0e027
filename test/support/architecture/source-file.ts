// SPDX-License-Identifier: Apache-2.0
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';

/** How a file asks for another module. Only `static` and `re-export` are loaded whenever the file is. */
export type ImportKind = 'static' | 're-export' | 'dynamic' | 'url' | 'require';

/** One place where a file names another module. */
export type Import = {
  readonly kind: ImportKind;
  /** Whether it is gone after compilation. */
  readonly typeOnly: boolean;
  /** The specifier as written; undefined when it is an expression. */
  readonly specifier: string | undefined;
  readonly line: number;
};

/** What the architecture rules look at in one source file. */
export type SourceFile = {
  /** Path from the project root, with `/`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
  readonly imports: readonly Import[];
  /** Lines of `export default`. */
  readonly defaultExports: readonly number[];
  /** Node globals that the file reads, with the line. */
  readonly nodeGlobals: readonly { readonly name: string; readonly line: number }[];
  /** Lines whose syntax could not be read. */
  readonly syntaxErrors: readonly string[];
};

const NODE_GLOBALS = new Set(['Buffer', 'process', 'global', '__dirname', '__filename', 'setImmediate']);

/** Reads one TypeScript or JavaScript file. */
export function readSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const imports: Import[] = [];
  const defaultExports: number[] = [];
  const nodeGlobals: { name: string; line: number }[] = [];
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  // Names after a dot and names of members are no globals, though they are identifiers too.
  const members = new Set<object>();

  new Visitor({
    ImportDeclaration(node) {
      const specifiers = node.specifiers ?? [];
      const typeOnly =
        node.importKind === 'type' ||
        (specifiers.length > 0 &&
          specifiers.every((each) => each.type === 'ImportSpecifier' && each.importKind === 'type'));
      imports.push({ kind: 'static', typeOnly, specifier: node.source.value, line: lineAt(node.start) });
    },
    ExportNamedDeclaration(node) {
      if (node.specifiers.some((each) => 'name' in each.exported && each.exported.name === 'default'))
        defaultExports.push(lineAt(node.start));
      if (node.source === null) return;
      const typeOnly =
        node.exportKind === 'type' ||
        (node.specifiers.length > 0 && node.specifiers.every((each) => each.exportKind === 'type'));
      imports.push({ kind: 're-export', typeOnly, specifier: node.source.value, line: lineAt(node.start) });
    },
    ExportAllDeclaration(node) {
      imports.push({
        kind: 're-export',
        typeOnly: node.exportKind === 'type',
        specifier: node.source.value,
        line: lineAt(node.start),
      });
    },
    ExportDefaultDeclaration(node) {
      defaultExports.push(lineAt(node.start));
    },
    ImportExpression(node) {
      imports.push({
        kind: 'dynamic',
        typeOnly: false,
        specifier: literal(node.source),
        line: lineAt(node.start),
      });
    },
    TSImportType(node) {
      imports.push({
        kind: 'static',
        typeOnly: true,
        specifier: literal(node.source),
        line: lineAt(node.start),
      });
    },
    TSImportEqualsDeclaration(node) {
      if (node.moduleReference.type !== 'TSExternalModuleReference') return;
      const specifier = literal(node.moduleReference.expression);
      imports.push({ kind: 'require', typeOnly: false, specifier, line: lineAt(node.start) });
    },
    CallExpression(node) {
      const { callee } = node;
      const named = callee.type === 'Identifier' && callee.name === 'require';
      const resolved =
        callee.type === 'MemberExpression' &&
        callee.property.type === 'Identifier' &&
        ['getBuiltinModule', 'require'].includes(callee.property.name);
      if (!named && !resolved) return;
      const specifier = literal(node.arguments[0]);
      imports.push({ kind: 'require', typeOnly: false, specifier, line: lineAt(node.start) });
    },
    NewExpression(node) {
      const { callee } = node;
      const [target, base] = node.arguments;
      if (callee.type !== 'Identifier' || callee.name !== 'URL' || base === undefined) return;
      const specifier = literal(target);
      const isMeta = base.type === 'MemberExpression' && base.object.type === 'MetaProperty';
      // A worker's file is loaded by its URL; data files are not code and do not matter here.
      if (isMeta && specifier !== undefined && /\.(ts|js|mjs)$/.test(specifier))
        imports.push({ kind: 'url', typeOnly: false, specifier, line: lineAt(node.start) });
    },
    MemberExpression(node) {
      const ofGlobal = node.object.type === 'Identifier' && node.object.name === 'globalThis';
      if (!node.computed && !ofGlobal) members.add(node.property);
    },
    Property(node) {
      if (!node.computed && !node.shorthand) members.add(node.key);
    },
    MethodDefinition(node) {
      members.add(node.key);
    },
    PropertyDefinition(node) {
      members.add(node.key);
    },
    TSPropertySignature(node) {
      members.add(node.key);
    },
    TSMethodSignature(node) {
      members.add(node.key);
    },
    Identifier(node) {
      if (NODE_GLOBALS.has(node.name) && !members.has(node))
        nodeGlobals.push({ name: node.name, line: lineAt(node.start) });
    },
  }).visit(program);

  return {
    path,
    lines: text.replace(/\n$/, '').split('\n'),
    comments: comments.map((each) => ({ text: each.value, line: lineAt(each.start) })),
    imports,
    defaultExports,
    nodeGlobals,
    syntaxErrors: errors.map((error) => error.message),
  };
}

/** Name of the Node built-in that a specifier means, such as `fs/promises`, or undefined. */
export function builtinOf(specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return specifier.slice('node:'.length);
  return builtinModules.includes(specifier) ? specifier : undefined;
}

/** Path from the root that a relative specifier means, or undefined for a package. */
export function targetOf(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** Package of a bare specifier: `@noble/curves/nist.js` is of `@noble/curves`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function literal(node: object | null | undefined): string | undefined {
  const value = node as { type?: string; value?: unknown; literal?: object } | null | undefined;
  if (value?.type === 'TSLiteralType') return literal(value.literal);
  return value?.type === 'Literal' && typeof value.value === 'string' ? value.value : undefined;
}
