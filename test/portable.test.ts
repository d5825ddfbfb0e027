// SPDX-License-Identifier: Apache-2.0
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { portableEntries } from './support/architecture/layers.ts';
import { projectRoot } from './support/architecture/project.ts';
import { readFixture } from './support/fixture.ts';

/** What a browser and a handset have, and Node too; nothing that only Node has. */
const platform = () => ({
  TextEncoder,
  TextDecoder,
  URL,
  AbortController,
  AbortSignal,
  setTimeout,
  clearTimeout,
  queueMicrotask,
  performance,
  crypto: webcrypto,
});

/** One file with all that the entry loads at once, as a bundler for browsers makes it. */
async function bundle(entry: string): Promise<string> {
  const build = await rolldown({
    input: join(projectRoot, entry),
    platform: 'browser',
    // What only Node has, native drivers among it, is loaded only when a reader of theirs is opened.
    external: (id) => /transports\/(pcsc|tcp)/.test(id),
    onLog: (_level, log) => {
      throw new Error(`bundling ${entry}: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: 'iife', name: 'library', codeSplitting: false });
  await build.close();
  return output[0].code;
}

/** The entry's exports, loaded where there is no Node. */
async function load(entry: string): Promise<Record<string, never>> {
  const context = createContext(platform());
  runInContext(await bundle(entry), context);
  return runInContext('library', context) as Record<string, never>;
}

describe('a portable entry point', () => {
  it.each(portableEntries)('bundles for a browser and loads without Node: %s', async (entry) => {
    expect(Object.keys(await load(entry)).length).toBeGreaterThan(0);
  });

  it('is told from one that needs Node', async () => {
    await expect(load('applet-sim/index.ts')).rejects.toThrowError('node:');
  });
});

describe('the contract without Node', () => {
  const vectors = readFixture<{
    readonly integers: readonly { readonly hex: string }[];
    readonly values: readonly { readonly hex: string }[];
    readonly refused: readonly { readonly hex: string }[];
    readonly notDeterministic: { readonly cases: readonly (readonly [hex: string, title: string])[] };
  }>('protocol/cbor.json');
  const signatures = readFixture<{
    readonly groups: readonly {
      readonly cases: readonly {
        readonly curve: string;
        readonly publicKey: string;
        readonly message: string;
        readonly signature: string;
        readonly valid: boolean;
      }[];
    }[];
  }>('protocol/signatures.json');

  it('reads and refuses the same CBOR', async () => {
    const { decodeCbor, encodeCbor, fromHex, toHex } = (await load('protocol/index.ts')) as never as {
      decodeCbor(bytes: Uint8Array): unknown;
      encodeCbor(value: unknown): Uint8Array;
      fromHex(text: string): Uint8Array;
      toHex(bytes: Uint8Array): string;
    };
    for (const { hex } of [...vectors.integers, ...vectors.values])
      expect(toHex(encodeCbor(decodeCbor(fromHex(hex))))).toBe(hex);
    const refused = [
      ...vectors.refused.map(({ hex }) => hex),
      ...vectors.notDeterministic.cases.map(([hex]) => hex),
    ];
    // Texts beyond the lengths at which a codec changes to other code, with a byte order mark in front.
    refused.push(`7840efbbbf${'61'.repeat(61)}`, `7903e8efbbbf${'61'.repeat(997)}`);
    for (const hex of refused) expect(() => decodeCbor(fromHex(hex)), hex).toThrowError();
  });

  it('gives the same verdicts on signatures', async () => {
    const { fromHex, parsePublicKey, verifySignature } = (await load('protocol/index.ts')) as never as {
      fromHex(text: string): Uint8Array;
      parsePublicKey(curve: string, bytes: Uint8Array): unknown;
      verifySignature(key: unknown, message: Uint8Array, signature: Uint8Array): boolean;
    };
    for (const { curve, publicKey, message, signature, valid } of signatures.groups.flatMap(
      ({ cases }) => cases,
    )) {
      const bytes = fromHex(publicKey);
      // Some of the published keys are refused as such; the verdict on their signatures is asked all the same.
      const key = curve === 'Ed25519' ? { curve, bytes } : parsePublicKey(curve, bytes);
      expect(verifySignature(key, fromHex(message), fromHex(signature)), signature).toBe(valid);
    }
  });
});
