// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCard, openCardFile } from '../../../applet-sim/index.ts';
import { openAdministrator, personalise } from '../support/administrator.ts';
import { apdus, send, statusOf } from '../support/apdu.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'bsim-card-file-'));
  path = join(folder, 'card.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const code = (name: string): unknown => expect.objectContaining({ code: `emulator/${name}` });
const records = new Map([['key/1', Uint8Array.of(1, 2, 3)]]);
const one = (value: number): Map<string, Uint8Array> => new Map([['key/1', Uint8Array.of(value)]]);

/** A file as the emulator wrote it, without its lock. */
function writtenFile(): Record<string, unknown> {
  const memory = openCardFile(path);
  memory.write(records);
  memory.close();
  return JSON.parse(readFileSync(path, 'utf8'));
}

function openError(): unknown {
  try {
    openCardFile(path).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a card file', () => {
  it('is made by the first write, for its owner only', () => {
    const memory = openCardFile(path);
    expect(memory.read()).toEqual(new Map());
    expect(existsSync(path)).toBe(false);
    memory.write(records);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(memory.read()).toEqual(records);
    memory.close();
  });

  it('has a head that says what it is, and the SHA-256 of its records', () => {
    expect(writtenFile()).toEqual({
      format: 'bsim-card',
      version: 2,
      warning: expect.stringMatching(/private keys, seeds, PIN and PUK in the clear/),
      // sha256sum of `key/1` ‖ 00 ‖ sha256sum of the bytes 01 02 03.
      sha256: createHash('sha256')
        .update('key/1\0')
        .update(Buffer.from('039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81', 'hex'))
        .digest('hex'),
      records: { 'key/1': '010203' },
    });
  });

  it('is tightened to its owner by the next write, whoever could read it before', () => {
    writtenFile();
    chmodSync(path, 0o644);
    const memory = openCardFile(path);
    memory.write(records);
    memory.close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('holds what the card keeps, from one emulator to the next', () => {
    const first = createCard({ memory: openCardFile(path) });
    personalise(first, apdus.generate(3, 2));
    send(first, apdus.verifyWrong);
    const [key] = send(first, apdus.readKey(3));
    first.close();
    const second = createCard({ memory: openCardFile(path) });
    expect(send(second, apdus.select, apdus.readKey(3)).at(-1)).toBe(key);
    expect(statusOf(second, '00200001')).toBe('63C2');
    second.close();
  });

  it('is replaced behind a symbolic link, which stays one', () => {
    const link = join(folder, 'link.json');
    writtenFile();
    symlinkSync(path, link);
    const memory = openCardFile(link);
    memory.write(one(9));
    expect(() => openCardFile(path)).toThrow(code('card-in-use') as Error);
    memory.close();
    expect(JSON.parse(readFileSync(path, 'utf8')).records).toEqual({ 'key/1': '09' });
    expect(realpathSync(link)).toBe(path);
  });

  it('is written over what an emulator left that was killed while it wrote', () => {
    writtenFile();
    writeFileSync(`${path}.tmp`, '{"format":"bsim-ca');
    const memory = openCardFile(path);
    memory.write(one(7));
    expect(memory.read()).toEqual(one(7));
    memory.close();
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  it('that cannot be written gives 6581, tells why, and leaves the card as it was', () => {
    const faults: unknown[] = [];
    const card = createCard({ memory: openCardFile(path), onFault: (cause) => faults.push(cause) });
    send(card, apdus.select);
    const administrator = openAdministrator(card);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(`${path}.lock`, 'somebody else');
    expect(administrator.send(apdus.generate(1, 1))).toEqual(['6581']);
    expect(faults).toEqual([code('card-in-use')]);
    expect(statusOf(card, apdus.readKey(1))).toBe('6A88');
    card.close();
    expect(existsSync(`${path}.lock`)).toBe(true);
  });

  it('that is closed takes no more', () => {
    const memory = openCardFile(path);
    memory.close();
    memory.close();
    expect(() => memory.write(records)).toThrow(code('card-file-not-written') as Error);
  });

  it('in a folder that there is not, or that is itself a folder, is an error that names it', () => {
    for (const bad of [join(folder, 'no', 'card.json'), folder]) {
      path = bad;
      expect(openError()).toEqual(code('card-file-not-read'));
      expect(openError()).toEqual(expect.objectContaining({ message: expect.stringContaining(bad) }));
    }
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  it('that is a pipe is an error, and nobody waits for its writer', () => {
    execFileSync('mkfifo', [path]);
    expect(openError()).toEqual(code('card-file-not-read'));
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});

describe('a damaged card file', () => {
  it.each<[string, (file: Record<string, unknown>) => string]>([
    ['empty', () => ''],
    ['cut short', (file) => JSON.stringify(file).slice(0, 100)],
    ['no JSON', () => 'not a card'],
    ['a JSON text', () => '"bsim-card"'],
    ['a JSON list', () => '[]'],
    ['null', () => 'null'],
    ['another format', (file) => JSON.stringify({ ...file, format: 'other' })],
    ['without a version', (file) => JSON.stringify({ ...file, version: undefined })],
    ['without a checksum', (file) => JSON.stringify({ ...file, sha256: undefined })],
    ['without records', (file) => JSON.stringify({ ...file, records: undefined })],
    ['with records in a list', (file) => JSON.stringify({ ...file, records: ['010203'] })],
    [
      'with one record more',
      (file) => JSON.stringify({ ...file, records: { 'key/1': '010203', 'key/2': '' } }),
    ],
    ['with a record of another name', (file) => JSON.stringify({ ...file, records: { 'key/2': '010203' } })],
    ['with another record', (file) => JSON.stringify({ ...file, records: { 'key/1': '010204' } })],
    ['with another checksum', (file) => JSON.stringify({ ...file, sha256: '00'.repeat(32) })],
    [
      'with a record that is no hexadecimal',
      (file) => JSON.stringify({ ...file, records: { 'key/1': '01020g' } }),
    ],
    ['longer than a megabyte', (file) => JSON.stringify(file) + ' '.repeat(1_048_576)],
  ])('(%s) is never served: the error names the file, and the lock is given back', (_, damage) => {
    writeFileSync(path, damage(writtenFile()));
    const error = openError();
    expect(error).toEqual(code('card-file-damaged'));
    expect((error as Error).message).toContain(path);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('of a later version asks for the program that wrote it', () => {
    writeFileSync(path, JSON.stringify({ ...writtenFile(), version: 3 }));
    expect(openError()).toEqual(code('card-file-version'));
  });

  it('shows nothing of its content in the error', () => {
    writeFileSync(path, '{"records":"31323334" the secret part');
    const error = openError() as Error & { remedy: string };
    expect(`${error.message} ${error.remedy} ${String(error.cause)}`).not.toMatch(/31323334|secret part/);
  });

  it('with a valid checksum and records of something else is no card, and its lock is given back', () => {
    writtenFile();
    const memory = openCardFile(path);
    expect(() => createCard({ memory })).toThrow(code('card-image-not-read') as Error);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('is found out whichever byte was changed, unless card and records stay the same', () => {
    const card = createCard({ memory: openCardFile(path) });
    personalise(card, apdus.generate(1, 1));
    card.close();
    const text = readFileSync(path);
    const recordsOf = (bytes: Buffer): string => JSON.stringify(JSON.parse(bytes.toString()).records);
    const original = recordsOf(text);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(text);
        changed[at] = (changed[at] as number) ^ change;
        writeFileSync(path, changed);
        const error = openError();
        if (error === undefined) return recordsOf(readFileSync(path)) === original;
        return /^emulator\/card-file-(damaged|version)$/.test((error as { code: string }).code);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the lock of a card file', () => {
  it('keeps a second emulator of the same process away, and lets it in after the first', () => {
    const memory = openCardFile(path);
    expect(openError()).toEqual(code('card-in-use'));
    expect(openError()).toEqual(
      expect.objectContaining({ details: { path, lock: `${path}.lock`, pid: process.pid } }),
    );
    memory.close();
    expect(openError()).toBeUndefined();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('of another process counts while that lives, and is taken over when it is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const pid = child.pid as number;
    writeFileSync(`${path}.lock`, `${pid} -\n`);
    expect(openError()).toEqual(expect.objectContaining({ details: expect.objectContaining({ pid }) }));
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(`${pid} -\n`);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(openError()).toBeUndefined();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'of a dead process whose number was given out again is taken over',
    () => {
      writeFileSync(`${path}.lock`, `${process.pid} 1\n`);
      expect(openError()).toBeUndefined();
    },
  );

  it.each(['', 'garbage', '-5 -', '0 -', '99999999999 -'])('that says "%s" is taken over', (content) => {
    writeFileSync(`${path}.lock`, content);
    expect(openError()).toBeUndefined();
  });

  it('that was taken away stops the emulator from writing over the other one', () => {
    const memory = openCardFile(path);
    memory.write(records);
    rmSync(`${path}.lock`);
    const other = openCardFile(path);
    rmSync(`${path}.lock`);
    writeFileSync(`${path}.lock`, `${process.ppid} -\n`);
    expect(() => memory.write(one(8))).toThrow(code('card-in-use') as Error);
    expect(other.read()).toEqual(records);
    memory.close();
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(`${process.ppid} -\n`);
  });

  it('leaves nothing behind in the folder but the card file', () => {
    writtenFile();
    writeFileSync(`${path}.lock`, 'garbage');
    expect(openError()).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['card.json']);
  });
});
