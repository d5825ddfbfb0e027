// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bsimHere, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

const ICCID = '8988211000000000003';
const secrets = { BSIM_IMSI: '001010000000001', BSIM_PIN: '4711', BSIM_PUK: '24681357' };
const reader = (name: string): string[] => ['--reader', `emulator:${place.at(name)}`];
const info = (name: string) => jsonHere<Record<string, unknown>>(['card', 'info', ...reader(name)]);
const personalise = (
  name: string,
  more: readonly string[] = [],
  variables: Record<string, string> = secrets,
) => jsonHere(['card', 'personalise', '--iccid', ICCID, ...reader(name), ...more], variables);
/** A card of its own, personalised, with keys of the master key. */
async function administered(name: string): Promise<string[]> {
  await personalise(name);
  await jsonHere(['card', 'keys', 'rotate', '--new-keys', place.at('master.json'), ...reader(name)]);
  return [...reader(name), '--admin-keys', place.at('master.json')];
}

beforeAll(async () => {
  await jsonHere(['card', 'keys', 'new', place.at('master.json'), '--aes', '128']);
  await jsonHere(['card', 'keys', 'new', place.at('other.json'), '--kvn', '32', '--aes', '256']);
});

describe('bsim card personalise', () => {
  it('gives a blank card its ICCID, IMSI, PIN and PUK, which open what they should', async () => {
    expect(await personalise('a.card')).toEqual({ iccid: ICCID, lifeCycle: 'personalised' });
    expect(await info('a.card')).toMatchObject({ iccid: ICCID, lifeCycle: 'personalised' });
    const imsi = ['apdu', 'send', '00CAFF2200', ...reader('a.card'), '--pin-file', place.at('pin')];
    writeFileSync(place.at('pin'), '4711\n');
    // EF.IMSI of 001010000000001: length 8, parity odd and first digit, then the digits swapped. 3GPP TS 31.102 §4.2.2.
    expect(await jsonHere(imsi)).toMatchObject({ exchanges: [{ data: '080910100000000010', sw: '9000' }] });
    expect(await refusalHere(['pin', 'verify', ...reader('a.card')], { BSIM_PIN: '1111' })).toBe(
      '3 card/wrong-pin',
    );
    const unblock = ['pin', 'unblock', ...reader('a.card')];
    await jsonHere(unblock, { BSIM_PUK: secrets.BSIM_PUK, BSIM_NEW_PIN: '2580' });
  });

  it('is refused for a card that is personalised already', async () => {
    await personalise('twice.card');
    const again = ['card', 'personalise', '--iccid', ICCID, ...reader('twice.card')];
    expect(await refusalHere(again, secrets)).toBe('3 card/already-personalised');
  });

  it('takes rules for PINs, under which the PIN itself must be one', async () => {
    writeFileSync(place.at('forbidden'), '1379\r\n2468\n');
    const rules = [
      ...['--pin-rules', 'noRepetition,nosequence', '--pin-minimum', '4'],
      ...['--forbidden-pins', place.at('forbidden')],
    ];
    const command = ['card', 'personalise', '--iccid', ICCID, ...reader('rules.card'), ...rules];
    for (const pin of ['0000', '1234', '1379', '2468'])
      expect(await refusalHere(command, { ...secrets, BSIM_PIN: pin })).toBe('3 card/pin-not-allowed');
    await personalise('rules.card', rules);
    expect(await info('rules.card')).toMatchObject({ pinRules: { flags: 3, minimumLength: 4 }, pinTries: 3 });
    const change = ['pin', 'change', ...reader('rules.card')];
    expect(await refusalHere(change, { BSIM_PIN: '4711', BSIM_NEW_PIN: '8765' })).toBe(
      '3 card/pin-not-allowed',
    );
  });

  it.each([
    ['no ICCID', ['--iccid', '89'], secrets, '2 protocol/bad-identifier'],
    [
      'an IMSI that is none',
      ['--iccid', ICCID],
      { ...secrets, BSIM_IMSI: '12' },
      '2 protocol/bad-identifier',
    ],
    ['a PUK of 7 digits', ['--iccid', ICCID], { ...secrets, BSIM_PUK: '1234567' }, '2 protocol/bad-pin'],
    ['nobody to ask for the IMSI', ['--iccid', ICCID], { BSIM_PIN: '4711' }, '2 cli/pin-needed'],
    ['rules that nobody knows', ['--iccid', ICCID, '--pin-rules', 'x'], secrets, '2 cli/bad-option'],
  ])('is refused for %s, and leaves the card blank', async (_what, args, variables, refusal) => {
    const { stderr } = await bsimHere(['card', 'personalise', ...args, ...reader('none.card')], variables);
    expect(stderr).not.toMatch(/1234567|001010000000001/);
    expect(await refusalHere(['card', 'personalise', ...args, ...reader('none.card')], variables)).toBe(
      refusal,
    );
    expect(await info('none.card')).toMatchObject({ lifeCycle: 'selectable' });
  });
});

describe("the administrator's keys", () => {
  it('are replaced in the card, after which the public ones open nothing and cost no try', async () => {
    const admin = await administered('keys.card');
    for (let i = 0; i < 12; i++)
      expect(await refusalHere(['card', 'block', ...reader('keys.card')])).toBe('2 cli/admin-keys-needed');
    const other = [...reader('keys.card'), '--admin-keys', place.at('other.json')];
    expect(await refusalHere(['card', 'block', ...other])).toBe('3 card/no-such-key-set');
    await jsonHere(['card', 'keys', 'rotate', '--new-keys', place.at('other.json'), ...admin]);
    expect(await refusalHere(['card', 'block', ...admin])).toBe('3 card/no-such-key-set');
    expect(await jsonHere(['card', 'block', ...other])).toEqual({ lifeCycle: 'blocked' });
  });

  it('may be a key set as it stands, named by BSIM_ADMIN_KEYS', async () => {
    await personalise('set.card');
    const make = ['card', 'keys', 'new', place.at('set.json'), '--key-set', '--kvn', '41', '--aes', '192'];
    expect(await jsonHere(make)).toMatchObject({ kvn: '41', aes: 192, keySet: true });
    const { kvn, ...set } = JSON.parse(readFileSync(place.at('set.json'), 'utf8')) as Record<string, string>;
    expect(kvn).toBe('41');
    expect(new Set(Object.values(set)).size).toBe(3);
    expect(Object.values(set).map(({ length }) => length)).toEqual([48, 48, 48]);
    await jsonHere(['card', 'keys', 'rotate', '--new-keys', place.at('set.json'), ...reader('set.card')]);
    const variables = { BSIM_ADMIN_KEYS: place.at('set.json') };
    expect(await jsonHere(['card', 'block', ...reader('set.card')], variables)).toEqual({
      lifeCycle: 'blocked',
    });
  });

  it('of one card open no other card of the same master key', async () => {
    await administered('one.card');
    await personalise('two.card');
    const rotate = ['card', 'keys', 'rotate', '--new-keys', place.at('master.json')];
    await jsonHere([...rotate, ...reader('two.card')]);
    const wrong = JSON.parse(readFileSync(place.at('master.json'), 'utf8'));
    writeFileSync(place.at('wrong.json'), JSON.stringify({ ...wrong, master: '00'.repeat(16) }), {
      mode: 0o600,
    });
    const admin = [...reader('two.card'), '--admin-keys', place.at('wrong.json')];
    expect(await refusalHere(['card', 'block', ...admin])).toBe('3 card/wrong-card-cryptogram');
  });

  it('are no secret that a trace or an output shows', async () => {
    const { stdout, stderr } = await bsimHere([
      ...[
        'card',
        'keys',
        'rotate',
        '--trace',
        '--new-keys',
        place.at('master.json'),
        ...reader('trace.card'),
      ],
      ...['--card-iccid', ICCID],
    ]);
    const { master } = JSON.parse(readFileSync(place.at('master.json'), 'utf8'));
    expect(stderr).toContain('PUT KEY');
    expect(`${stdout}${stderr}`.replaceAll(' ', '').toUpperCase()).not.toContain(master.slice(0, 16));
    const { stderr: traced } = await bsimHere(
      [
        ...['card', 'personalise', '--trace', '--iccid', ICCID, ...reader('trace.card')],
        ...['--admin-keys', place.at('master.json')],
      ],
      secrets,
    );
    expect(traced).toMatch(/STORE DATA.*\n.*personalised/);
    for (const secret of Object.values(secrets))
      expect(traced).not.toMatch(new RegExp(`${secret}|${Buffer.from(secret).toString('hex')}`, 'i'));
  });

  it('are asked for before anything is sent to a card in a reader', async () => {
    const { stderr } = await bsimHere(['card', 'block', '--reader', 'pcsc:none']);
    expect(stderr).toMatch(/^error card\/(driver-missing|no-reader): /);
  });

  it.each([
    [['--kvn', '00'], '2 cli/bad-option'],
    [['--kvn', '80'], '2 cli/bad-option'],
    [['--aes', '64'], '2 cli/bad-option'],
  ])('are not made of %j', async (args, refusal) => {
    expect(await refusalHere(['card', 'keys', 'new', place.at('bad.json'), ...args])).toBe(refusal);
  });
});

describe('the life of a card', () => {
  it('is blocked, activated, reset and ended by its administrator only, the last two when told so', async () => {
    const admin = await administered('life.card');
    const verify = ['pin', 'verify', ...reader('life.card')];
    await jsonHere(['card', 'block', ...admin]);
    expect(await refusalHere(verify, secrets)).toBe('3 card/wrong-life-cycle');
    expect(await refusalHere(['card', 'block', ...admin])).toBe('3 card/wrong-life-cycle');
    await jsonHere(['card', 'activate', ...admin]);
    await jsonHere(verify, secrets);
    expect(await refusalHere(['card', 'reset', ...admin])).toBe('2 cli/yes-needed');
    expect(await info('life.card')).toMatchObject({ lifeCycle: 'personalised' });
    expect(await jsonHere(['card', 'reset', '--yes', ...admin])).toEqual({ lifeCycle: 'selectable' });
    expect(await info('life.card')).toMatchObject({ lifeCycle: 'selectable', iccid: null, keys: [] });
    // The card names no ICCID any more, and its keys are still those made of it.
    expect(await refusalHere(['key', 'generate', ...admin])).toBe('2 cli/bad-option');
    await jsonHere(['key', 'generate', '--card-iccid', ICCID, ...admin]);
    await jsonHere(['card', 'personalise', '--iccid', ICCID, ...admin], secrets);
    expect(await refusalHere(['card', 'terminate', ...admin])).toBe('2 cli/yes-needed');
    expect(await jsonHere(['card', 'terminate', '--yes', ...admin])).toEqual({ lifeCycle: 'terminated' });
    expect(await info('life.card')).toMatchObject({ lifeCycle: 'terminated', keys: [] });
  });
});

describe('bsim card log', () => {
  it('shows every event in words, and that it continues what was seen before', async () => {
    const admin = await administered('log.card');
    await jsonHere(['key', 'generate', '--key', '3', ...reader('log.card')], secrets);
    writeFileSync(place.at('document'), 'some bytes');
    await jsonHere(['sign', place.at('document'), '--key', '3', ...reader('log.card')], secrets);
    type Log = {
      events: { event: string; reference: number; hashPrefix: string | null }[];
      head: string;
      sequence: string;
    };
    const first = await jsonHere<Log>(['card', 'log', ...admin]);
    expect(first.events.map(({ event }) => event)).toEqual([
      'channel-opened',
      'personalised',
      ...['pin-verified', 'key-generated', 'pin-verified', 'message-signed'],
      'channel-opened',
    ]);
    // SHA-256 of "some bytes" begins so, says the coreutils' sha256sum.
    expect(first.events.at(-2)).toMatchObject({ reference: 3, hashPrefix: '0d22cdcc10e6d049' });
    const since = `${first.sequence}:${first.head}`;
    const later = ['card', 'log', '--since', since, ...reader('log.card')];
    expect(await jsonHere(later, secrets)).toMatchObject({ since: 'continues' });
    expect((await bsimHere(later, secrets)).stdout).toContain('it continues the earlier log');
    const other = since.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    const contradicted = ['card', 'log', '--since', other, ...reader('log.card')];
    expect(await refusalHere(contradicted, secrets)).toBe('3 attestation/log-contradicts');
    expect(await refusalHere(['card', 'log', '--since', 'x', ...reader('log.card')], secrets)).toBe(
      '2 cli/bad-option',
    );
  });

  it('says when the card has let go of what it would take to compare', async () => {
    await personalise('old.card');
    type Log = { events: object[]; head: string; sequence: string };
    const command = ['card', 'log', ...reader('old.card')];
    const { head, sequence } = await jsonHere<Log>(command, secrets);
    for (let i = 0; i < 66; i++) await jsonHere(['pin', 'verify', ...reader('old.card')], secrets);
    const later = await jsonHere<Log>([...command, '--since', `${sequence}:${head}`], secrets);
    expect(later).toMatchObject({ since: 'too-old' });
    expect(later.events).toHaveLength(64);
  });

  it('is for holder and administrator only', async () => {
    await personalise('private.card');
    const log = ['card', 'log', ...reader('private.card')];
    expect(await refusalHere(log)).toBe('2 cli/pin-needed');
    expect(await refusalHere(log, { BSIM_PIN: '0000' })).toBe('3 card/wrong-pin');
  });
});
