// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from './support/architecture/project.ts';

type Block = { readonly language: string; readonly text: string };

const documents = [
  'README.md',
  ...readdirSync(join(projectRoot, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));
const blocksOf = (path: string, language: string): readonly Block[] =>
  [...readFileSync(join(projectRoot, path), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .map(([, name = '', text = '']) => ({ language: name, text }))
    .filter((block) => block.language === language);

/** A folder in which the package is installed, as a user has it. */
let folder = '';
beforeAll(() => {
  execFileSync(process.execPath, [join(projectRoot, 'scripts/build.mjs')]);
  folder = mkdtempSync(join(tmpdir(), 'bsim-readme-'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}\n');
  symlinkSync(projectRoot, join(folder, 'node_modules/bsim'));
  symlinkSync(join(projectRoot, 'dist/src/cli/main.js'), join(folder, 'node_modules/.bin/bsim'));
  symlinkSync(join(projectRoot, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  symlinkSync(join(projectRoot, 'fixtures'), join(folder, 'fixtures'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Output with figures, names made from keys and the widths that follow from them taken out. */
const inGeneral = (output: string): string =>
  output
    .replaceAll(/did:bsim:[\w:-]+|bsim1\w+/g, '<name>')
    .replaceAll(/[\d.,]*\d/g, '<n>')
    .replaceAll(/─+/g, '─')
    .replaceAll(/ +/g, ' ')
    .trim();

describe('the shell blocks of the README', () => {
  it('do what they say, one after the other, on a machine that has only the package', async () => {
    const port = await freePort();
    // Two differences to the text: another node may run on this machine, so this one has a port of its own; and a user
    // types slower than a node starts.
    const wait =
      'for i in 1 2 3 4 5 6 7 8 9 10; do npx bsim node status > status.txt 2>&1 && break; sleep 1; done';
    const script = blocksOf('README.md', 'sh')
      .map(({ text }) => text)
      .join('\n')
      .replaceAll(/(bsim node start \S+) &/g, `$1 --port ${port} &\n${wait}`);
    expect(script).toContain(`--port ${port}`);
    expect(script).toContain('bsim provision');
    const { code, output } = await runShell(script, { BSIM_NODE: `http://127.0.0.1:${port}` });
    expect(code, output).toBe(0);
    expect(output).not.toMatch(/^error /m);
  }, 200_000);
});

describe('the printed output in the README', () => {
  const consoles = blocksOf('README.md', 'console').map(({ text }) => {
    const [command = '', ...output] = text.split('\n');
    return { command, output: output.join('\n') };
  });

  it('of npm start is what the demo prints, but for its figures', () => {
    const printed = consoles.find(({ command }) => command === '$ npm start')?.output ?? '';
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(projectRoot, 'dist/src/cli/main.js'), 'demo'],
      {
        cwd: folder,
        encoding: 'utf8',
        timeout: 120_000,
      },
    );
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(200);
    expect(inGeneral(printed)).toContain(inGeneral(stdout));
  }, 130_000);

  it('of npm test ends with the counts of a run without failures', () => {
    const printed = consoles.find(({ command }) => command === '$ npm test')?.output ?? '';
    expect(printed.trim().split('\n').at(-1)).toMatch(/^\d+ passed, 0 failed$/);
  });
});

describe('the TypeScript blocks of the documents', () => {
  const blocks = documents.flatMap((path) =>
    blocksOf(path, 'ts').map((block, i) => ({ name: `${path} ${i + 1}`, ...block })),
  );

  it('are there', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it('compile against the package as a user has it', () => {
    const given = ['declare const pinDigits: Uint8Array;', 'declare const message: Uint8Array;'];
    blocks.forEach(({ text }, i) => {
      const needed = given.filter(
        (line) => text.includes(line.split(/[ :]/)[2] ?? '') && !text.includes(line),
      );
      writeFileSync(join(folder, `block-${i}.ts`), `${needed.join('\n')}\n${text}\nexport {};\n`);
    });
    expect(typeErrors(blocks.map((_block, i) => `block-${i}.ts`))).toBe('');
  }, 60_000);
});

describe('every public entry point', () => {
  const { exports } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const names = Object.keys(exports)
    .filter((name) => name !== './package.json')
    .map((name) => name.replace(/^\./, 'bsim'));

  it.each(names)('loads in Node from outside: %s', (name) => {
    const script = `const m = await import('${name}'); console.log(Object.keys(m).length)`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(Number(printed)).toBeGreaterThan(0);
  });

  it.each([
    ['in a browser or on a handset', ['bsim', 'bsim/client', 'bsim/light-client', 'bsim/protocol'], ''],
    ['in Node', names, 'node'],
  ])(
    'has declarations that a strict compiler takes %s',
    (_title, entries, types) => {
      const text = entries
        .map((name, i) => `import * as m${i} from '${name}';\nexport { m${i} };`)
        .join('\n');
      writeFileSync(join(folder, 'entries.ts'), `${text}\n`);
      expect(typeErrors(['entries.ts'], types)).toBe('');
    },
    60_000,
  );
});

/** Runs a script in a process group of its own, which is ended with the script: it may leave a node behind. */
async function runShell(
  script: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const shell = spawn('sh', ['-eu', '-c', script], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables },
  });
  const output: Buffer[] = [];
  shell.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  shell.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(shell, 'exit')) as [number | null];
  if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGTERM');
  return { code, output: Buffer.concat(output).toString() };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function typeErrors(files: readonly string[], types = ''): string {
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
  const strict = [
    '--strict',
    '--noEmit',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--lib',
    'es2023,dom',
  ];
  const { stdout } = spawnSync(process.execPath, [tsc, ...strict, '--types', types, ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout;
}
