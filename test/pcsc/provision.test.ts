// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOptions, bsimCommand, makeTransportKey, temporaryDirectory } from '../support/cli.ts';
import { firmwareUnavailable, javaArguments } from '../support/firmware.ts';
import type { LineProcess } from '../support/line-process.ts';
import {
  openPcscNamespace,
  type PcscNamespace,
  pcscUnavailable,
  strict,
  VIRTUAL_READER,
} from '../support/pcsc-namespace.ts';

const unavailable = pcscUnavailable() ?? firmwareUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;
const READER = `pcsc:${VIRTUAL_READER}`;
/** Where vpcd waits for cards. */
const VPCD = '127.0.0.1:35963';
const TEST_KEY = '404142434445464748494A4B4C4D4E4F';

type Answer = Readonly<Record<string, unknown>>;

/** The way of a card from blank to a payment, as the command line tells it, without what differs from card to card. */
type Story = readonly Answer[];

describe.skipIf(unavailable !== undefined && !strict)(`cards of an order in a reader${reason}`, () => {
  const place = temporaryDirectory();
  const stories = new Map<string, Story>();

  beforeAll(() => {
    expect(unavailable).toBeUndefined();
    makeTransportKey(place.at);
    const keys = { kvn: '30', enc: TEST_KEY, mac: TEST_KEY, dek: TEST_KEY };
    writeFileSync(place.at('initial.json'), JSON.stringify(keys), { mode: 0o600 });
    const [header, ...rows] = readFileSync('fixtures/provisioning/order.csv', 'utf8').trim().split('\n');
    writeFileSync(place.at('order.csv'), `${[header, ...rows.slice(0, 2)].join('\n')}\n`);
  });
  afterAll(() => place.remove());

  const emulated = (namespace: PcscNamespace, card: string): LineProcess =>
    namespace.start(
      'env',
      bsimCommand(['emulator', 'run', '--card', place.at(`${card}.card`), '--attach', 'vpcd']),
    );
  const applet = (namespace: PcscNamespace): LineProcess =>
    namespace.start('java', [...javaArguments('bsim.simulator.Main'), '--attach', VPCD]);

  it.each([
    ['the emulator', emulated],
    ['the Java Card applet', applet],
  ])(
    'are provisioned, sign and attest: %s',
    async (name, insert) => {
      const namespace = await openPcscNamespace();
      try {
        await namespace.startDaemon();
        stories.set(name, await tell(namespace, name.replaceAll(' ', '-'), insert));
      } finally {
        await namespace.close();
      }
    },
    180_000,
  );

  it('say the same of themselves, whichever they are', () => {
    expect(stories.size).toBe(2);
    expect(stories.get('the Java Card applet')).toEqual(stories.get('the emulator'));
  });

  async function tell(namespace: PcscNamespace, folder: string, insert: typeof emulated): Promise<Story> {
    const at = (file: string): string => place.at(file.startsWith('public') ? file : `${folder}-${file}`);
    const json = async (args: readonly string[], more: Record<string, string> = {}): Promise<Answer> => {
      const command = bsimCommand(['--json', ...args], { BSIM_READER: READER, ...more });
      const { code, stdout, stderr } = await namespace.run('env', command, 60_000);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: expect.any(String) });
      return JSON.parse(stdout) as Answer;
    };
    await json(['ca', 'init', at('ca')]);
    await json(['card', 'keys', 'new', at('card-keys.json')]);
    await json(['node', 'init', at('chain')]);
    const node = namespace.start('env', bsimCommand(['node', 'start', at('chain')]));
    expect(await node.line()).toContain('http://127.0.0.1:26680');

    const first = insert(namespace, `${folder}-1`);
    expect(await first.line()).toMatch(/in the (virtual )?reader/);
    const blank = await json(['card', 'info']);
    const provision = ['provision', place.at('order.csv'), ...batchOptions(at, 'cards'), '--reader', READER];
    const batch = namespace.start(
      'env',
      bsimCommand(['--json', ...provision, '--initial-keys', place.at('initial.json')]),
    );
    const finished = batch.ended(120_000);
    await journalOf(at('cards'), 1);
    await takeOut(namespace, first);
    const second = insert(namespace, `${folder}-2`);
    const { code, stdout, stderr } = await finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { cards } = JSON.parse(stdout) as { cards: readonly { iccid: string; did: string }[] };
    expect(cards).toHaveLength(2);

    const { iccid, did } = cards[1] as { iccid: string; did: string };
    const opened = ['response', 'open', at('cards/response.csv'), iccid];
    const { pin } = await json([...opened, '--transport-key', place.at('transport.pem')]);
    const own = { BSIM_PIN: pin as string };
    const genesis = ['--genesis', at('chain/genesis.json')];
    const resolved = await json(['identity', 'resolve', did, ...genesis]);
    const attested = await json(
      ['key', 'attest', '--root', at('ca/root.pem'), '--challenge', 'AB'.repeat(16)],
      own,
    );
    writeFileSync(at('message.bin'), 'a message');
    const signed = await json(['sign', at('message.bin')], own);
    const log = await json(['card', 'log'], own);
    const personalised = await json(['card', 'info']);
    await takeOut(namespace, second);
    await namespace.run('pkill', ['-TERM', '-f', 'main.js node start']);
    await node.ended();
    return [blank, personalised, resolved, attested, signed, log].map(withoutWhatIsItsOwn);
  }

  /** Waits until that many cards of the batch are finished. */
  async function journalOf(cards: string, count: number): Promise<void> {
    await expect
      .poll(
        () => {
          const text = readFileSync(`${cards}/batch.journal`, { encoding: 'utf8', flag: 'a+' });
          return text.split('"personalised":true').length - 1;
        },
        { timeout: 60_000 },
      )
      .toBe(count);
  }

  async function takeOut(namespace: PcscNamespace, card: LineProcess): Promise<void> {
    await namespace.run('pkill', ['-TERM', '-f', 'emulator run|bsim.simulator.Main']);
    await card.ended();
  }
});

/** PEM, paths of the test, DIDs, addresses, what is long in hexadecimal, coordinates in base64url, and times. */
const itsOwn =
  /-----BEGIN[\s\S]*-----|\/\S*-message\.bin|did:\S+|bsim1\S+|[0-9a-fA-F]{16,}|^[\w-]{43}$|\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Keys, signatures and hashes are random or follow from what is; so are curves that one of them has not. */
function withoutWhatIsItsOwn(answer: Answer): Answer {
  const replaced = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) {
      if (name === 'algorithms' || name === 'hashes') return 'declared';
      return value.map((each) => replaced(each, name));
    }
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, key)]));
    return typeof value === 'string' ? value.replaceAll(itsOwn, '…') : value;
  };
  return replaced(answer, '') as Answer;
}
