// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../protocol/commands/index.ts';
import { errorAreas } from '../scripts/error-tables.ts';
import { pages } from '../scripts/pages/index.ts';
import { exitCodeOf, exitCodes, overriddenCodes } from '../src/cli/exit-codes.ts';
import { projectRoot, readProject } from './support/architecture/project.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const project = [...readProject().values()];
const inTests = project.filter(({ path }) => path.startsWith('test/') && path !== 'test/catalogue.test.ts');
const inSource = project.filter(({ path }) => /^(protocol|applet-sim|host|src)\//.test(path));
const textOf = (files: typeof project): string => files.flatMap(({ lines }) => lines).join('\n');

const commandNames = Object.values(catalogue).flatMap((commands) => Object.keys(commands));
const errors = errorAreas.flatMap(({ table, file }) =>
  Object.entries(table).map(([code, { meaning, remedy }]) => ({ code, meaning, remedy, file })),
);
const codes = errors.map(({ code }) => code);

describe('every command', () => {
  it('has a file of APDU sequences in fixtures/apdu, and no file is of no command', () => {
    const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const files = readdirSync(join(projectRoot, 'fixtures/apdu')).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual(commandNames.map((name) => `${kebab(name)}.json`).sort());
  });
});

describe('every error', () => {
  it('stands in one table, and every table of the source is listed', () => {
    expect(new Set(codes).size).toBe(codes.length);
    const inTables = inSource.flatMap(({ lines }) =>
      [...lines.join('\n').matchAll(/^ {2}'([a-z-]+\/[a-z0-9-]+)': entry\b/gm)].map((match) => match[1]),
    );
    expect(inTables.toSorted()).toEqual(codes.toSorted());
  });

  it.each(errorAreas)('has the form area/what and the area of its table: $file', ({ table, file }) => {
    const areas = new Set(Object.keys(table).map((code) => code.split('/')[0]));
    expect(areas.size).toBe(1);
    for (const code of Object.keys(table)) expect(code, file).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
  });

  it('is raised somewhere', () => {
    const tables = new Set(errorAreas.map(({ file }) => file).concat('src/cli/exit-codes.ts'));
    const text = textOf(inSource.filter(({ path }) => !tables.has(path)));
    // Some tables are raised by their own file, below the table.
    const below = inSource
      .filter(({ path }) => tables.has(path))
      .map(({ lines }) => lines.join('\n').split('} as const;').slice(1).join(''))
      .join('\n');
    expect(codes.filter((code) => !text.includes(`'${code}'`) && !below.includes(`'${code}'`))).toEqual([]);
  });

  it('is named by a test or a fixture', () => {
    const fixtures = readdirSync(join(projectRoot, 'fixtures'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => read(join('fixtures', name)))
      .join('\n');
    // A test may name the area once, `emulator/${name}`, and then only what went wrong.
    const names = (text: string, code: string): boolean => {
      const [area = '', what = ''] = code.split('/');
      return text.includes(code) || (text.includes(`${area}/\${`) && text.includes(`'${what}'`));
    };
    const texts = [...inTests.map((file) => textOf([file])), fixtures];
    expect(codes.filter((code) => !texts.some((text) => names(text, code)))).toEqual([]);
  });

  it.each(errors)('says in sentences what it means and what to do: $code', ({ meaning, remedy }) => {
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  it('has an exit code of the table, never that of an unknown area', () => {
    const areas = new Set(codes.map((code) => code.split('/')[0] ?? ''));
    for (const area of areas) expect(exitCodeOf(`${area}/unheard-of`), area).not.toBe(1);
    for (const code of codes) expect(exitCodes).toHaveProperty(String(exitCodeOf(code)));
    expect(exitCodeOf('unheard/of')).toBe(1);
    expect(exitCodeOf('')).toBe(1);
  });

  it('that has an exit code of its own still exists', () => {
    expect(overriddenCodes.filter((code) => !codes.includes(code))).toEqual([]);
  });
});

describe('what the toolkit tells its user to do', () => {
  it('names only commands of bsim that there are', async () => {
    const program = new Command('bsim');
    for (const file of readdirSync(join(projectRoot, 'src/cli/commands'))) {
      const exported = (await import(join(projectRoot, 'src/cli/commands', file))) as Record<string, unknown>;
      for (const [name, register] of Object.entries(exported))
        if (name.startsWith('register')) (register as (program: Command) => void)(program);
    }
    const known = new Map(
      program.commands.map((noun) => [noun.name(), noun.commands.map((verb) => verb.name())]),
    );
    expect(known.size).toBeGreaterThan(5);
    const unknown = [...errors.map(({ remedy }) => remedy), ...documents().map(read)].flatMap((text) =>
      [...text.matchAll(/\bbsim ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?/g)]
        // A sentence may say "bsim provision wrote": only the verbs of a noun that has any are looked at.
        .filter(([, noun = '', verb]) => {
          const verbs = known.get(noun);
          if (verbs === undefined) return !/^(that|is|and|or|in|to)$/.test(noun);
          return verb !== undefined && verbs.length > 0 && !verbs.includes(verb);
        })
        .map(([found]) => found),
    );
    expect(unknown).toEqual([]);
  });
});

describe('a generated page', () => {
  it.each(Object.entries(pages()))('is fresh: %s', (path, text) => {
    expect(read(path), 'run npm run generate').toBe(text);
  });
});

describe('a link in a document', () => {
  it.each(documents())('leads to a file that is there: %s', (path) => {
    const text = read(path);
    const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)(#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    const names = [...text.matchAll(/`((?:docs|fixtures|scripts|bench|test)\/[\w./-]+\.\w+)`/g)].map(
      (match) => `/${match[1]}`,
    );
    // A name such as fixtures/apdu/x.json stands for any.
    const missing = [...links, ...names].filter((target) => {
      if (/\/x\.\w+$/.test(target)) return false;
      const absolute = target.startsWith('/') ? target : join('/', path, '..', target);
      try {
        readFileSync(join(projectRoot, absolute));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'EISDIR';
      }
    });
    expect(missing).toEqual([]);
  });
});

/** Every document of the project, by its path from the root. */
function documents(): readonly string[] {
  const folders = ['docs', 'fixtures', 'bench', 'src/modules', 'test'];
  const below = folders.flatMap((folder) => {
    try {
      return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${folder}/${name}`,
      );
    } catch {
      return [];
    }
  });
  return [...readdirSync(projectRoot), ...below].filter((path) => path.endsWith('.md')).toSorted();
}
