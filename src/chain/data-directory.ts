// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Signer } from '../../protocol/signer.ts';
import { generatePrivateKeyPem, signerOfPem } from './crypto/node-signer.ts';
import { ChainError } from './errors.ts';
import { createGenesis, type Genesis, type GenesisFields, parseGenesis } from './genesis.ts';

/** What {@link initNode} makes a chain from. */
export type InitOptions = Omit<GenesisFields, 'producer' | 'time'> & {
  /** Private key of the producer as PKCS#8 PEM; a new P-256 key when left out. */
  readonly producerPem?: string;
  /** Milliseconds since 1970-01-01 UTC; now when left out. */
  readonly time?: bigint;
};

/** The files of a node. */
export type DataDirectory = {
  readonly genesis: Genesis;
  readonly producer: Signer;
  /** Path of the database. */
  readonly data: string;
  /** Path of the head mark. */
  readonly head: string;
};

const GENESIS = 'genesis.json';
const PRODUCER = 'producer.pem';
const DATA = 'data';
const HEAD = 'head';

/**
 * Makes `genesis.json` and `producer.pem` (PKCS#8, mode 0600) in a directory, which is made when missing.
 * Rejects with `chain/already-initialised`, `chain/bad-genesis` or `chain/bad-producer-key`, and then changes nothing.
 */
export async function initNode(directory: string, options: InitOptions): Promise<Genesis> {
  const { producerPem = generatePrivateKeyPem('P-256'), time = BigInt(Date.now()), ...fields } = options;
  const genesis = createGenesis({ ...fields, time, producer: signerOfPem(producerPem).publicKey });
  await mkdir(directory, { recursive: true });
  const present = (await readdir(directory)).find((name) => [GENESIS, PRODUCER, DATA, HEAD].includes(name));
  if (present !== undefined) throw alreadyInitialised(directory, present);
  // The genesis last: a directory counts as a node once it is there.
  await createFile(directory, PRODUCER, producerPem, 0o600);
  try {
    await createFile(directory, GENESIS, genesis.text, 0o644);
  } catch (error) {
    await rm(join(directory, PRODUCER), { force: true });
    throw error;
  }
  await syncNames(directory);
  return genesis;
}

/** Reads the files of a node. Rejects with `chain/not-initialised`, `chain/bad-genesis` or `chain/bad-producer-key`. */
export async function readDataDirectory(directory: string): Promise<DataDirectory> {
  const read = (name: string) =>
    readFile(join(directory, name), 'utf8').catch((cause) => {
      throw new ChainError(
        'chain/not-initialised',
        `node not opened: found no readable ${name} in ${directory}, expected one`,
        { directory },
        { cause },
      );
    });
  return {
    genesis: parseGenesis(await read(GENESIS)),
    producer: signerOfPem(await read(PRODUCER)),
    data: join(directory, DATA),
    head: join(directory, HEAD),
  };
}

/** A name in a directory survives a power cut only once the directory is synced; the files are, each by itself. */
async function syncNames(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function createFile(directory: string, name: string, text: string, mode: number): Promise<void> {
  try {
    const file = await open(join(directory, name), 'wx', mode);
    await file.writeFile(text);
    await file.sync();
    await file.close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyInitialised(directory, name, cause);
    throw new ChainError(
      'chain/store-failed',
      `node not made: could not write ${name}`,
      { operation: 'write' },
      { cause },
    );
  }
}

const alreadyInitialised = (directory: string, name: string, cause?: unknown): ChainError =>
  new ChainError(
    'chain/already-initialised',
    `node not made: found ${name} in ${directory}, expected a directory without a node`,
    { directory },
    { cause },
  );
