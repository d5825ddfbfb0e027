// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { attempt, root } from './set-up.mjs';

/** Oldest Java that compiles and runs the firmware. */
const JAVA_MIN = 17;
const BUILD_TIMEOUT_MS = 20 * 60_000;
/** Lines of Maven's output that are shown. */
const LINES_MAX = 60;

const firmware = join(root, 'firmware');
const stamp = join(firmware, 'target/.stamp');

/** Whether a Java compiler and runtime are there, new enough. */
export const hasJdk = () =>
  versionIn('javac', /^javac ([0-9]+)/m) >= JAVA_MIN && versionIn('java', /version "([0-9]+)/) >= JAVA_MIN;

/** Whether Maven is there, with a Java that is new enough. */
export const hasMaven = () => versionIn('mvn', /^Java version: ([0-9]+)/m) >= JAVA_MIN;

/**
 * Builds the firmware and runs its tests when a file that they read changed since the last time; surefire's reports
 * stay in firmware/<module>/target. Gives the output of what failed, or undefined.
 */
export function ensureFirmwareBuilt() {
  const state = sourceState();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return undefined;
  if (!hasJdk() || !hasMaven())
    return `the firmware needs Java ${JAVA_MIN} or newer, with its compiler, and Maven (Debian: apt-get install default-jdk-headless maven)`;
  // Classes whose source is gone would stay.
  for (const module of ['', ...modules()])
    rmSync(join(firmware, module, 'target'), { recursive: true, force: true });
  const output = attempt('building the firmware: mvn package', () =>
    spawnSync('mvn', ['-B', '-ntp', '-q', '-f', join(firmware, 'pom.xml'), 'package'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: BUILD_TIMEOUT_MS,
      shell: process.platform === 'win32',
    }),
  );
  if (output !== undefined) return errorsIn(output);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, state);
  return undefined;
}

/** Arguments of `java` for a class of the firmware that was built, with all that its modules need. */
export function javaArguments(mainClass, ...args) {
  const folders = ['globalplatform-api', 'applet', 'subset-check', 'simulator'].map((module) =>
    join(firmware, module, 'target/classes'),
  );
  return [
    '-cp',
    [...folders, join(firmware, 'simulator/target/lib', '*')].join(delimiter),
    mainClass,
    ...args,
  ];
}

/** What Maven says is wrong, without its advice to users of Maven; the end of the output where it does not say. */
export function errorsIn(output) {
  const advice =
    /^\[ERROR\] *(-> \[Help 1\])?$|re-run maven|full debug|for more information|\[Help 1\] http|mvn <args>|after correcting|dump files/i;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Maven colours its lines with them.
  const lines = output.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  const errors = lines.filter((line) => line.startsWith('[ERROR]') && !advice.test(line));
  if (errors.length === 0) return lines.slice(-LINES_MAX).join('\n');
  const rest = errors.length - LINES_MAX;
  return [...errors.slice(0, LINES_MAX), ...(rest > 0 ? [`… and ${rest} lines more`] : [])].join('\n');
}

const modules = () =>
  readdirSync(firmware, { withFileTypes: true })
    .filter((each) => each.isDirectory() && existsSync(join(firmware, each.name, 'pom.xml')))
    .map((each) => each.name);

/** The number that a program says of its version, 0 without it. */
function versionIn(program, pattern) {
  const args = program === 'mvn' ? ['-v'] : ['-version'];
  const { stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    shell: process.platform === 'win32',
  });
  return Number(pattern.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[1] ?? 0);
}

/** A hash that changes with name, size or time of every file that build and tests read. */
function sourceState() {
  const hash = createHash('sha256');
  for (const folder of ['firmware', 'fixtures']) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.split(sep).includes('target'))
      .map((name) => join(folder, name))
      .sort();
    for (const file of files) {
      const stats = statSync(join(root, file));
      if (stats.isFile()) hash.update(`${file} ${stats.size} ${stats.mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}
