// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { issueAttestationCertificate } from '../../host/attestation/issuing-ca.ts';
import { joinCertificates } from '../../host/attestation/stored-chain.ts';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { readAttestationFile } from '../../src/cli/attestation-file.ts';
import { openIssuingCa } from '../../src/cli/issuing-ca.ts';
import { personalisation, testKeys } from '../support/cards.ts';
import { opensslAccepts } from '../support/certificates.ts';
import { bsimHere, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

const reader = (name: string): string[] => ['--reader', `emulator:${place.at(name)}`];
const pin = { BSIM_PIN: '1234' };
const root = (): string[] => ['--root', place.at('ca/root.pem')];
const CHALLENGE = '00112233445566778899aabbccddeeff';
const attest = (name: string, ...args: string[]) =>
  jsonHere<Attested>(['key', 'attest', ...reader(name), ...args], pin);
const verify = (file: string, ...args: string[]): string[] => [
  ...['key', 'verify-attestation', place.at(file), ...args],
];

type Attested = {
  attestation: string;
  chain: string[];
  challenge: string;
  log?: string;
  verified: Record<string, unknown> | null;
};

/** A personalised card with an attested key in slot 1 and a wallet in slot 2. */
async function makeCard(name: string, ca: string): Promise<void> {
  const card = createCard({ memory: openCardFile(place.at(name)) });
  const sim = await openBlockchainSim(emulatorTransport(card));
  await sim.openSecureChannel(testKeys());
  const publicKey = await sim.generateAttestationKey();
  await sim.generateKeyPair(1, 'P-256');
  await sim.generateKeyPair(2, 'secp256k1', { role: 'wallet' });
  const authority = openIssuingCa(place.at(ca));
  const { certificate } = await issueAttestationCertificate(authority, { publicKey });
  await sim.putCertificates(joinCertificates([certificate, authority.certificate]));
  await sim.storeData(personalisation());
  await sim.close();
}

beforeAll(async () => {
  for (const ca of ['ca', 'other-ca']) await jsonHere(['ca', 'init', place.at(ca)]);
  await makeCard('a.card', 'ca');
  await makeCard('b.card', 'other-ca');
});

describe('an attestation by the command line', () => {
  it('is verified up to the root and says what the key is', async () => {
    const { verified, challenge } = await attest('a.card', '--challenge', CHALLENGE, '--log', ...root());
    const { keys } = await jsonHere<{ keys: { publicKey: string; address: string }[] }>([
      ...['key', 'list', ...reader('a.card')],
    ]);
    expect(challenge).toBe(CHALLENGE);
    expect(verified).toMatchObject({
      key: 1,
      role: 'identity',
      origin: 'generated',
      curve: 'P-256',
      publicKey: keys[0]?.publicKey,
      address: keys[0]?.address,
      signatures: '0',
      issuer: 'BSIM CA',
      challenge: CHALLENGE,
      policy: 'messages, transactions',
    });
  });

  it('carries certificates that OpenSSL accepts, and a challenge of its own each time', async () => {
    const made = await attest('a.card');
    const again = await attest('a.card');
    expect(again.challenge).not.toBe(made.challenge);
    expect(made.challenge).toHaveLength(64);
    const chain = made.chain.map((pem) => new Uint8Array(new X509Certificate(pem).raw));
    const trusted = new Uint8Array(new X509Certificate(readFileSync(place.at('ca/root.pem'))).raw);
    expect(opensslAccepts(place.at, chain, [trusted], new Date())).toBe(true);
  });

  it('of a key of a wallet says its path', async () => {
    const path = "m/44'/60'/0'/0/0";
    const { verified } = await attest('a.card', '--key', '2', '--path', path, ...root());
    expect(verified).toMatchObject({ key: 2, path, role: 'wallet', curve: 'secp256k1' });
    const derived = await jsonHere<object>(
      ['key', 'derive', '--key', '2', '--path', path, ...reader('a.card')],
      pin,
    );
    expect(derived).toMatchObject({ publicKey: verified?.publicKey, address: verified?.address });
  });

  it('is for its holder, or while the card is blank its administrator, and needs an attestation key', async () => {
    expect(await refusalHere(['key', 'attest', ...reader('a.card')])).toBe('2 cli/pin-needed');
    const key = '404142434445464748494A4B4C4D4E4F';
    const keys = { kvn: '30', enc: key, mac: key, dek: key };
    writeFileSync(place.at('keys.json'), JSON.stringify(keys), { mode: 0o600 });
    const byKeys = [
      'key',
      'attest',
      '--log',
      '--admin-keys',
      place.at('keys.json'),
      ...reader('a.card'),
      ...root(),
    ];
    expect(await jsonHere(byKeys)).toMatchObject({ verified: { key: 1 } });
    expect(await refusalHere([...byKeys, '--key', '2'])).toBe('2 cli/pin-needed');
    expect(await jsonHere([...byKeys, '--key', '2'], pin)).toMatchObject({ verified: { role: 'wallet' } });
    await jsonHere(['key', 'generate', ...reader('blank.card')]);
    expect(await refusalHere(['key', 'attest', ...reader('blank.card')])).toBe('3 card/no-attestation-key');
    expect(await refusalHere(['key', 'attest', '--challenge', 'aabb', ...reader('a.card')], pin)).toBe(
      '2 cli/bad-option',
    );
    const noRoot = ['key', 'attest', '--root', place.at('none.pem'), ...reader('a.card')];
    expect(await refusalHere(noRoot, pin)).toBe('2 cli/file-not-read');
  });
});

describe('a file of an attestation', () => {
  beforeAll(async () => {
    await attest('a.card', '--challenge', CHALLENGE, '--log', '--out', place.at('first.json'));
    writeFileSync(place.at('document'), 'signed in between');
    await jsonHere(['sign', place.at('document'), ...reader('a.card')], pin);
    await attest('a.card', '--log', '--out', place.at('second.json'));
    await attest('b.card', '--out', place.at('other.json'));
  });

  it('is written whole, once, and verified with nothing but the root', async () => {
    const first = JSON.parse(readFileSync(place.at('first.json'), 'utf8'));
    expect(Object.keys(first)).toEqual(['attestation', 'chain', 'challenge', 'log']);
    expect(statSync(place.at('first.json')).size).toBeGreaterThan(1000);
    expect(await jsonHere(verify('first.json', ...root(), '--challenge', CHALLENGE))).toMatchObject({
      key: 1,
      origin: 'generated',
    });
    const again = ['key', 'attest', '--out', place.at('first.json'), ...reader('a.card')];
    expect(await refusalHere(again, pin)).toBe('5 cli/file-not-written');
    const { stdout, stderr } = await bsimHere(verify('first.json', ...root()));
    expect(stdout).toContain('made on the card');
    expect(stderr).toContain('give --challenge');
  });

  it('follows on an earlier one of the same card, and is refused where anything went back', async () => {
    const following = (file: string, earlier: string) =>
      verify(file, ...root(), '--after', place.at(earlier));
    expect(await jsonHere(following('second.json', 'first.json'))).toMatchObject({ signatures: '1' });
    expect(await refusalHere(following('first.json', 'second.json'))).toBe('3 attestation/rolled-back');
  });

  it('of a card under another root is refused, and so is one for another challenge or time', async () => {
    expect(await refusalHere(verify('other.json', ...root()))).toBe('3 attestation/bad-chain');
    const challenge = ['--challenge', 'ff'.repeat(16)];
    expect(await refusalHere(verify('first.json', ...root(), ...challenge))).toBe(
      '3 attestation/wrong-challenge',
    );
    expect(await refusalHere(verify('first.json', ...root(), '--at', '2001-01-01'))).toBe(
      '3 attestation/bad-chain',
    );
    expect(await refusalHere(verify('first.json', ...root(), '--at', 'tomorrow'))).toBe('2 cli/bad-option');
    const roots = ['--root', place.at('ca/root.pem'), place.at('other-ca/root.pem')];
    expect(await jsonHere(verify('other.json', ...roots))).toMatchObject({ key: 1 });
  });

  it('of which one digit was changed is refused, wherever it stands', async () => {
    const text = readFileSync(place.at('first.json'), 'utf8');
    const fields = JSON.parse(text) as Record<string, string>;
    const changed = (name: string, at: number): object => {
      const value = fields[name] ?? '';
      const digit = value[at] === '0' ? '1' : '0';
      return { ...fields, [name]: value.slice(0, at) + digit + value.slice(at + 1) };
    };
    for (const name of ['attestation', 'challenge', 'log'])
      for (let at = 0; at < (fields[name] ?? '').length; at += name === 'attestation' ? 7 : 5) {
        writeFileSync(place.at('changed.json'), JSON.stringify(changed(name, at)));
        const refusal = await refusalHere(verify('changed.json', ...root()));
        expect(refusal, `${name} ${at}`).toMatch(/^[23] (attestation\/|cli\/bad-attestation-file)/);
      }
  }, 60_000);

  it('with the certificates of another card is refused', async () => {
    const first = JSON.parse(readFileSync(place.at('first.json'), 'utf8'));
    const other = JSON.parse(readFileSync(place.at('other.json'), 'utf8'));
    writeFileSync(place.at('mixed.json'), JSON.stringify({ ...first, chain: other.chain }));
    const roots = ['--root', place.at('other-ca/root.pem')];
    expect(await refusalHere(verify('mixed.json', ...roots))).toBe('3 attestation/bad-signature');
    writeFileSync(place.at('without.json'), JSON.stringify({ ...first, chain: [] }));
    expect(await refusalHere(verify('without.json', ...root()))).toBe('3 attestation/bad-chain');
  });

  it('whose log was cut, or is that of another card, is refused', async () => {
    const first = JSON.parse(readFileSync(place.at('first.json'), 'utf8'));
    const cut = first.log.slice(0, -32);
    writeFileSync(place.at('cut.json'), JSON.stringify({ ...first, log: cut }));
    expect(await refusalHere(verify('cut.json', ...root()))).toBe('3 attestation/log-contradicts');
  });

  it.each([
    ['a text', 'nonsense'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['no attestation', '{"chain": [], "challenge": ""}'],
    ['an attestation that is no hexadecimal', '{"attestation": "xy", "chain": [], "challenge": ""}'],
    ['a chain that is none', '{"attestation": "00", "chain": "x", "challenge": ""}'],
    ['certificates that are none', '{"attestation": "00", "chain": ["x"], "challenge": ""}'],
    ['nine certificates', `{"attestation": "00", "chain": [${'"",'.repeat(8)}""], "challenge": ""}`],
    ['a log of another form', '{"attestation": "00", "chain": [], "challenge": "", "log": "00"}'],
    ['a challenge of 65 bytes', `{"attestation": "00", "chain": [], "challenge": "${'00'.repeat(65)}"}`],
  ])('that is %s is refused', async (_what, text) => {
    writeFileSync(place.at('bad.json'), text);
    expect(await refusalHere(verify('bad.json', ...root()))).toBe('2 cli/bad-attestation-file');
  });

  it('of any bytes is read or refused, and never a fault', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constant('00'),
      fc.array(fc.string()),
      fc.integer(),
      fc.constant(null),
    );
    const json = fc.dictionary(fc.constantFrom('attestation', 'chain', 'challenge', 'log'), value);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          json.map((fields) => JSON.stringify(fields)),
        ),
        (content) => {
          writeFileSync(place.at('any.json'), content);
          try {
            readAttestationFile(place.at('any.json'));
          } catch (error) {
            expect(error).toMatchObject({ code: 'cli/bad-attestation-file' });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
