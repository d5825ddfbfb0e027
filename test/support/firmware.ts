// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectTestCard, type TestCard } from './test-card.ts';

/** Where the firmware is, and how its programs are run. */
export type FirmwareOptions = {
  /** Folder of the project, for a program that was bundled elsewhere. */
  readonly root?: string;
  /** Options of the Java virtual machine. */
  readonly jvm?: readonly string[];
};

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
/** What is compiled of the firmware, and what that needs. */
const classFolders = ['globalplatform-api', 'applet', 'subset-check', 'simulator'].map(
  (module) => `firmware/${module}/target/classes`,
);
const LIBRARIES = 'firmware/simulator/target/lib';
/** How long the simulator may take to listen, in milliseconds. */
const START_MAX = 60_000;

/** Whether firmware that cannot be run is a failure and no reason to skip. */
export const strict = process.env.BSIM_TEST_STRICT === '1';

/** Why the firmware cannot be run here, or undefined. */
export function firmwareUnavailable({ root = projectRoot }: FirmwareOptions = {}): string | undefined {
  const missing = [...classFolders, LIBRARIES].find((folder) => !existsSync(join(root, folder)));
  if (missing !== undefined) return `needs ${missing}: mvn -f firmware/pom.xml package -DskipTests`;
  const { status } = spawnSync('java', ['-version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'needs java, a Java runtime of version 17 or newer';
}

/** Arguments of `java` for a program of the firmware. Throws where the firmware was not built. */
export function javaArguments(mainClass: string, options: FirmwareOptions = {}): readonly string[] {
  const { root = projectRoot, jvm = [] } = options;
  const unavailable = firmwareUnavailable(options);
  if (unavailable !== undefined) throw new Error(`firmware not run: ${unavailable}`);
  const classPath = [...classFolders.map((folder) => join(root, folder)), join(root, LIBRARIES, '*')];
  return [...jvm, '-cp', classPath.join(delimiter), mainClass];
}

/** The Java Card applet on its simulated card, in a process of its own that ends with the card. */
export async function startJavaCard(options: FirmwareOptions = {}): Promise<TestCard> {
  const args = [...javaArguments('bsim.simulator.Main', options), '--listen', '127.0.0.1:0', '--test'];
  const child = spawn('java', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // A process that is killed leaves none behind.
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  const ended = new Promise<void>((fulfil) => {
    child.once('close', () => {
      process.removeListener('exit', end);
      fulfil();
    });
  });
  let said = '';
  child.stderr.on('data', (part) => {
    said = `${said}${part}`.slice(-4000);
  });
  const port = await new Promise<number>((fulfil, reject) => {
    const give = (why: string): void => {
      clearTimeout(limit);
      end();
      reject(new Error(`simulated card not started: found ${why}, expected its port\n${said}`));
    };
    const limit = setTimeout(() => give(`nothing in ${START_MAX} ms`), START_MAX);
    child.once('error', (error) => give(error.message));
    child.once('close', (code) => give(`its end with ${code}`));
    // jCardSim writes lines of its own there, then and later.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, digits] = /^listening on .*:([0-9]+)$/.exec(line) ?? [];
      if (digits === undefined) return;
      clearTimeout(limit);
      fulfil(Number(digits));
    });
  });
  const card = await connectTestCard(port, () => said);
  return {
    ...card,
    close: async () => {
      await card.close();
      end();
      await ended;
    },
  };
}
