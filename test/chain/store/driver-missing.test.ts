// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../support/architecture/project.ts';
import { temporaryDirectory } from '../../support/cli.ts';

describe('a machine without classic-level', () => {
  it('is told which package is missing, and a node in memory works there', () => {
    const directory = temporaryDirectory();
    // The built files with the installed packages but that one, by links that Node is told to keep.
    mkdirSync(directory.at('node_modules'));
    for (const name of readdirSync(join(projectRoot, 'node_modules')))
      if (name !== 'classic-level' && name !== '.bin')
        symlinkSync(join(projectRoot, 'node_modules', name), directory.at(`node_modules/${name}`));
    symlinkSync(join(projectRoot, 'dist'), directory.at('dist'));
    writeFileSync(
      directory.at('run.mjs'),
      `import { createGenesis, generatePrivateKeyPem, openLevelStore, openMemoryStore, parseChainId, signerOfPem, startNode } from './dist/src/chain/index.js';
       const error = await openLevelStore('data').catch((cause) => cause);
       const producer = signerOfPem(generatePrivateKeyPem('P-256'));
       const genesis = createGenesis({ chainId: parseChainId('x'), time: 0n, producer: producer.publicKey, modules: {} });
       const node = await startNode({ genesis, producer, modules: [], store: openMemoryStore() });
       console.log(JSON.stringify({ code: error.code, driver: error.details.driver, height: Number(node.status().height) }));
       await node.close();`,
    );
    const flags = ['--preserve-symlinks', '--preserve-symlinks-main', 'run.mjs'];
    const output = execFileSync(process.execPath, flags, { cwd: directory.path, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({ code: 'chain/driver-missing', driver: 'classic-level', height: 1 });
    expect(readdirSync(directory.path)).not.toContain('data');
    directory.remove();
  });
});
