// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type CardMemory, type CardOptions, volatileMemory } from '../../../applet-sim/index.ts';
import { fromHex } from '../../../protocol/bytes.ts';
import { openAdministrator } from '../support/administrator.ts';
import { apdus } from '../support/apdu.ts';
import { transfer } from '../support/transaction-payload.ts';
import {
  entriesOf,
  field,
  generate,
  IDENTITY,
  inParts,
  onChannel,
  P256,
  policy,
  type Talk,
  transactionOf,
  twoChannels,
} from '../support/two-channels.ts';

const PIN = '31323334FFFFFFFF';
const DURESS = '38363432FFFFFFFF';
const PUK = '3132333435363738';
const SIGN = '002A9E9A00';
const PROFILE = '8010000003000003';
const LOG = '00CAFF24000000';
const REFUSED = '1801';
const CONFIRMED = policy(0x16, 5000);

const sha256 = (hex: string): string => createHash('sha256').update(fromHex(hex)).digest('hex');

/** A card with a transaction that waits on channel 0 for the PIN or the terminal. */
function waiting(
  options: CardOptions = {},
): Talk & { readonly hash: string; readonly parts: readonly string[] } {
  const talk = twoChannels(
    [generate(1, P256, IDENTITY, CONFIRMED), generate(2, P256, IDENTITY, policy(0x27))],
    options,
  );
  const [key = ''] = [talk.last(apdus.readKey(1))].map((read) =>
    // With T=0 the answer is to be fetched.
    read.startsWith('61') ? talk.last(`00C00000${read.slice(2)}`) : read,
  );
  const transaction = transactionOf('P-256', key, transfer(2000));
  const parts = inParts('802A9E9A', transaction, 100);
  talk.last(PROFILE, apdus.chooseSignatureKey(1), ...parts);
  return { ...talk, hash: sha256(transaction), parts };
}

const hashOf = (parts: readonly string[]): string =>
  sha256(parts.map((part, i) => part.slice(10, i === parts.length - 1 ? -2 : undefined)).join(''));
const confirm = (hash: string, pin = PIN): string => field('80200001', pin + hash);
const spentBy = (directory: string): string => /C408(.{16})/.exec(directory)?.[1] ?? '';

describe('a transaction that waits for the PIN', () => {
  it('is signed once after the PIN and the hash, and counts once', () => {
    const { last, hash } = waiting();
    expect(last(confirm(hash), SIGN)).toMatch(/^.{128}9000$/);
    expect(last(SIGN)).toBe('6985');
    expect(spentBy(last(apdus.directory))).toBe('00000000000007D0');
  });

  it.each([
    ['CONFIRM in a chain', (h: string) => onChannel(0x10, confirm(h))],
    ['CONFIRM a byte short', (h: string) => field('80200001', PIN + h.slice(2))],
    ['CONFIRM of another hash', (h: string) => confirm(sha256(h))],
    ['CONFIRM with a wrong PIN', (h: string) => confirm(h, '39393939FFFFFFFF')],
    ['CONFIRM on another channel', (h: string) => onChannel(1, confirm(h))],
    ['GET CHALLENGE on another channel', () => '0184000020'],
    ['a SELECT that finds nothing', () => '00A4040001FF'],
    ['a choice of the same key', () => apdus.chooseSignatureKey(1)],
  ])('is over after %s, and the log says so', (_, command) => {
    const { last, hash } = waiting();
    last(command(hash), apdus.verify);
    expect(last(confirm(hash))).toBe('6985');
    expect(last(SIGN)).toBe('6985');
    last(apdus.verify);
    expect(entriesOf(last(LOG)).filter((entry) => entry === REFUSED)).toHaveLength(1);
    expect(spentBy(last(apdus.directory))).toBe('0000000000000000');
  });

  it.each([
    ['with a byte in a part before', ['102A9E9A0141', SIGN]],
    ['with one byte of data', ['002A9E9A014100']],
  ])('is over once confirmed and signed %s, and the log says so', (_, commands) => {
    const { last, hash } = waiting();
    expect(last(confirm(hash))).toBe('9000');
    expect(last(...commands)).toMatch(/^6[79A]/);
    expect(last(SIGN)).toBe('6985');
    expect(entriesOf(last(LOG)).filter((entry) => entry === REFUSED)).toHaveLength(1);
  });

  it.each([
    ['CONFIRM whose Lc does not fit', (h: string) => `${confirm(h)}0000`],
    ['a signature with Lc and nothing behind it', () => '002A9E9A0000000100'],
    ['a command on a channel that is not open', () => '0384000020'],
    ['bytes that are no command', () => '0084'],
    ['another channel opened', () => '0070000001'],
    ['a channel on which nothing is selected', () => '0284000020'],
  ])('goes on after %s, which never reaches the application, and the log says nothing', (_, command) => {
    const { last, hash } = waiting();
    last('0070000001');
    expect(last(command(hash), confirm(hash))).toBe('9000');
    expect(last(command(hash), SIGN)).toMatch(/^.{128}9000$/);
    expect(entriesOf(last(LOG))).not.toContain(REFUSED);
  });

  it('is over once confirmed and a byte is signed inside a secure channel, and the log says so', () => {
    const { card, last, parts } = waiting();
    const administrator = openAdministrator(card);
    last(apdus.chooseSignatureKey(1));
    last(...parts);
    const hash = hashOf(parts);
    expect(last(confirm(hash))).toBe('9000');
    expect(administrator.send('002A9E9A0141')).toEqual([expect.stringMatching(/^6/)]);
    expect(last(SIGN)).toBe('6985');
    expect(entriesOf(last(LOG)).filter((entry) => entry === REFUSED)).toHaveLength(2);
  });

  it.each(['002A9E9A', '002A9E9A00', '002A9E9A000000', '002A9E9A000040'])(
    'is signed with whatever Le: %s',
    (command) => {
      const { last, hash } = waiting();
      expect(last(confirm(hash))).toBe('9000');
      expect(last(command)).toMatch(/^.{128}9000$|^6140$/);
    },
  );

  it('is signed with either PIN, and the session stays whose it was: what waits has been shown already', () => {
    const { last, parts } = waiting();
    expect(last(field('002C0002', `${PUK}${DURESS}`))).toBe('9000');
    expect(last(apdus.chooseSignatureKey(1), ...parts)).toBe('9000');
    expect(last(confirm(hashOf(parts), DURESS))).toBe('9000');
    expect(last(SIGN)).toMatch(/^.{128}9000$/);
    expect(last(...parts)).toBe('9000');
  });

  it('is over when the memory does not take the PIN’s try, and stays unsigned', () => {
    for (let n = 1; n <= 4; n++) {
      const inner = volatileMemory();
      let left = Number.POSITIVE_INFINITY;
      const memory: CardMemory = {
        ...inner,
        write: (changes) => {
          if (--left === 0) throw new Error('no power');
          inner.write(changes);
        },
      };
      const { last, hash } = waiting({ memory });
      left = n;
      const answers = [last(confirm(hash)), last(SIGN)];
      left = Number.POSITIVE_INFINITY;
      const spent = spentBy(last(apdus.directory));
      expect(answers[1]?.length === 132 ? '00000000000007D0' : '0000000000000000').toBe(spent);
      expect(answers).toContain(n === 4 ? '9000' : '6581');
      expect(last(SIGN)).toMatch(/^698[25]$/);
    }
  });
});

describe('a transaction that waits for the terminal', () => {
  const shown = field('80140000', '810301218082028281830100');
  const yes = field('80140000', '8103022204820282818301008D020401');
  const FETCH = '8012000000';
  const terminal = (): ReturnType<typeof waiting> => waiting({ confirmation: 'terminal' });

  it('is signed after text and question, in that order, once', () => {
    const { last } = terminal();
    expect(last(FETCH)).toMatch(/^D0.*9000$/);
    expect(last(shown)).toBe('9116');
    expect(last(FETCH)).toMatch(/^D0.*9000$/);
    expect(last(yes)).toBe('9000');
    expect(last(SIGN)).toMatch(/^.{128}9000$/);
    expect(last(SIGN)).toBe('6985');
  });

  it.each([
    ['a FETCH with data', [field('80120000', '00')]],
    ['a FETCH twice', [FETCH, FETCH]],
    ['a yes before the question', [FETCH, yes]],
    ['the answer to the text twice', [FETCH, shown, shown]],
    ['a yes to the text', [FETCH, field('80140000', '8103012104820282818301008D020401'), yes]],
    ['a profile', [PROFILE]],
    ['a TERMINAL RESPONSE of extended length', [FETCH, `80140000000100${'00'.repeat(256)}`]],
    ['the PIN', [confirm('00'.repeat(32))]],
    ['another transaction refused', ['802A9E9A0141']],
  ])('is over after %s, and the log says so', (_, commands) => {
    const { last } = terminal();
    last(...commands);
    for (const command of [FETCH, shown, FETCH, yes, SIGN]) last(command);
    expect(last(SIGN)).toBe('6985');
    expect(entriesOf(last(LOG))).toContain(REFUSED);
    expect(entriesOf(last(LOG))).not.toContain('0C01');
  });

  it('goes on over the 6CXX of T=0 to FETCH, and is over when that comes again with data', () => {
    const start = (): ReturnType<typeof waiting> => {
      const talk = waiting({ confirmation: 'terminal', profile: 't0' });
      expect(talk.last(FETCH)).toMatch(/^6C/);
      return talk;
    };
    const repeated = start();
    const [length = ''] = [repeated.last(FETCH).slice(2)];
    expect(repeated.last(`80120000${length}`)).toMatch(/^D0.*9000$/);
    expect(repeated.last(shown)).toBe('9116');
    const changed = start();
    expect(changed.last('801200000141')).toBe('6700');
    expect(changed.last(shown)).toBe('6985');
  });
});
