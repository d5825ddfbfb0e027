// SPDX-License-Identifier: Apache-2.0

/** The import rule of one layer: the table of docs/architecture.md as data. */
export type Layer = {
  /** Folder, or one file, from the project root; the longest one that fits a path is its layer. */
  readonly path: string;
  /** What of our own code may be imported, besides the layer itself: folders or files. */
  readonly imports: readonly string[];
  /** Exceptions from `imports`. */
  readonly never?: readonly string[];
  /** npm packages, or scopes ending in `/`. */
  readonly packages: readonly string[];
  /** Whether Node's built-in modules and globals may be used. */
  readonly node: boolean;
};

/** What the chain, its modules and its API may use of the card–host contract: nothing that speaks APDU. */
const contractWithoutCards = [
  'protocol/bytes.ts',
  'protocol/cbor.ts',
  'protocol/cose.ts',
  'protocol/crypto',
  'protocol/error-table.ts',
  'protocol/errors.ts',
  'protocol/identifiers',
  'protocol/signer.ts',
];

/** The layers, from the bottom to the top. */
export const layers: readonly Layer[] = [
  { path: 'protocol', imports: [], packages: ['@noble/', '@scure/base', 'cborg'], node: false },
  { path: 'applet-sim', imports: ['protocol'], packages: ['@noble/'], node: true },
  { path: 'host', imports: ['protocol'], packages: ['@noble/'], node: true },
  { path: 'host/transports/pcsc.ts', imports: ['protocol', 'host'], packages: ['pcsclite'], node: true },
  {
    path: 'host/attestation',
    imports: ['protocol', 'host'],
    packages: ['@noble/', 'asn1js', 'pkijs'],
    node: false,
  },
  {
    path: 'host/wallet',
    imports: ['protocol', 'host'],
    packages: ['@noble/', '@scure/base', '@scure/bip39'],
    node: false,
  },
  {
    path: 'host/provisioning',
    imports: ['protocol', 'host'],
    packages: ['@noble/', 'csv-parse', 'csv-stringify', 'jose'],
    node: true,
  },
  { path: 'src/chain', imports: contractWithoutCards, packages: ['@noble/', '@scure/base'], node: true },
  {
    path: 'src/chain/store',
    imports: ['src/chain', ...contractWithoutCards],
    packages: ['@noble/', 'classic-level'],
    node: true,
  },
  {
    path: 'src/chain/light-client',
    imports: ['src/chain', ...contractWithoutCards],
    packages: ['@noble/', '@scure/base'],
    node: false,
  },
  {
    path: 'src/modules',
    imports: ['src/chain', 'src/formats', ...contractWithoutCards],
    packages: ['@noble/', '@scure/base'],
    node: false,
  },
  {
    path: 'src/api',
    imports: ['src/chain', 'src/modules', ...contractWithoutCards],
    packages: ['fastify'],
    node: true,
  },
  {
    path: 'src/cli',
    imports: ['protocol', 'applet-sim', 'host', 'src'],
    packages: ['@clack/prompts', 'cli-table3', 'commander'],
    node: true,
  },
  {
    path: 'scripts',
    imports: ['protocol', 'applet-sim', 'host', 'src'],
    packages: ['rolldown'],
    node: true,
  },
];

/** Packages that hold native code: each is loaded by `import()` in the one file or folder named here. */
export const nativePackages: Readonly<Record<string, string>> = {
  pcsclite: 'host/transports/pcsc.ts',
  'classic-level': 'src/chain/store',
};

/** Entry points that run in a browser or on a handset; all that they load statically must run there. */
export const portableEntries: readonly string[] = [
  'protocol/index.ts',
  'host/index.ts',
  'host/attestation/index.ts',
  'src/chain/light-client/index.ts',
  'src/api/client.ts',
];

/** Packages that run in a browser or on a handset. */
export const portablePackages: readonly string[] = [
  '@noble/',
  '@scure/base',
  '@scure/bip39',
  'asn1js',
  'cborg',
  'pkijs',
];

/** Whether a path is that folder or file, or lies in it. */
export const isWithin = (path: string, place: string): boolean =>
  path === place || path.startsWith(`${place}/`);

/** The layer that owns a path. */
export const layerOf = (path: string): Layer | undefined =>
  layers
    .filter((layer) => isWithin(path, layer.path))
    .toSorted((a, b) => b.path.length - a.path.length)
    .at(0);

/** The scenario module that a path belongs to, such as `identity`, or undefined. */
export const moduleOf = (path: string): string | undefined => /^src\/modules\/([^/]+)\//.exec(path)?.[1];
