// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import {
  createGenesis,
  defaultParameters,
  type GenesisValue,
  parseGenesis,
} from '../../src/chain/genesis.ts';
import { CHAIN_ID, GENESIS_TIME, producer, testSigner } from '../support/chain.ts';
import { readFixture } from '../support/fixture.ts';

const vectors = readFixture<{ readonly genesis: object; readonly genesisHash: string }>('chain/headers.json');

const genesis = createGenesis({
  chainId: CHAIN_ID,
  time: GENESIS_TIME,
  producer: producer.publicKey,
  modules: { money: { currencies: [] } },
});
const content = (): Record<string, GenesisValue> => JSON.parse(genesis.text);
const bad = (path: string) =>
  expect.objectContaining({ code: 'chain/bad-genesis', details: expect.objectContaining({ path }) });

describe('a genesis', () => {
  it('has the hash that another program computes', () => {
    expect(toHex(parseGenesis(JSON.stringify(vectors.genesis)).hash)).toBe(vectors.genesisHash);
  });

  it('reads back from its text', () => {
    const { text, ...rest } = genesis;
    expect(parseGenesis(text)).toEqual({ ...rest, text });
    expect(genesis).toMatchObject({ chainId: CHAIN_ID, time: GENESIS_TIME, parameters: defaultParameters });
    expect(genesis.producer).toEqual(producer.publicKey);
  });

  it('keeps its hash when blanks and the order of names change, and only then', () => {
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(content()).reverse()));
    expect(parseGenesis(reversed).hash).toEqual(genesis.hash);
    for (const changed of [
      { ...content(), time: '2026-11-22T10:00:00.001Z' },
      { ...content(), modules: { money: { currencies: [] }, identity: {} } },
      { ...content(), parameters: { ...defaultParameters, expiryWindow: 999 } },
    ])
      expect(parseGenesis(JSON.stringify(changed)).hash).not.toEqual(genesis.hash);
  });

  it.each(['secp256k1', 'Ed25519'] as const)('takes a producer key on %s', (curve) => {
    const key = testSigner('producer', curve).publicKey;
    const own = createGenesis({ chainId: CHAIN_ID, time: 0n, producer: key, modules: {} });
    expect(own.producer).toEqual(key);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['another format', 'format', { format: 2 }],
    ['a chain id in capital letters', 'chainId', { chainId: 'Chain' }],
    ['a chain id that is a number', 'chainId', { chainId: 1 }],
    ['a time without milliseconds', 'time', { time: '2026-11-22T10:00:00Z' }],
    ['a time in another zone', 'time', { time: '2026-11-22T10:00:00.000+01:00' }],
    ['a day that does not exist', 'time', { time: '2026-02-30T10:00:00.000Z' }],
    ['a time before 1970', 'time', { time: '1969-12-31T23:59:59.999Z' }],
    ['a time that is a number', 'time', { time: 5 }],
    ['no producer', 'producer', { producer: null }],
    ['a producer on an unknown curve', 'producer.curve', { producer: { curve: 'P-521', publicKey: '' } }],
    [
      'a producer key that is too short',
      'producer.publicKey',
      { producer: { curve: 'P-256', publicKey: '02' } },
    ],
    [
      'a producer key in capital letters',
      'producer.publicKey',
      { producer: { curve: 'P-256', publicKey: toHex(producer.publicKey.bytes).toUpperCase() } },
    ],
    [
      'a producer key off the curve',
      'producer.publicKey',
      { producer: { curve: 'P-256', publicKey: `02${'ff'.repeat(32)}` } },
    ],
    ['a parameter too few', 'parameters', { parameters: { expiryWindow: 1000 } }],
    ['a parameter too many', 'parameters', { parameters: { ...defaultParameters, extra: 1 } }],
    [
      'a parameter in text',
      'parameters.expiryWindow',
      { parameters: { ...defaultParameters, expiryWindow: '1000' } },
    ],
    [
      'a window of zero',
      'parameters.expiryWindow',
      { parameters: { ...defaultParameters, expiryWindow: 0 } },
    ],
    [
      'blocks too small for the largest transaction',
      'parameters.maxBlockBytes',
      { parameters: { ...defaultParameters, maxBlockBytes: 65_535 } },
    ],
    ['modules in an array', 'modules', { modules: [] }],
    ['a fraction anywhere', 'the top.modules.x.y[1]', { modules: { x: { y: [0, 0.5] } } }],
    ['a number beyond 2^53', 'the top.modules.x', { modules: { x: 2 ** 53 } }],
    ['half of a surrogate pair', 'the top.modules.x', { modules: { x: '\ud800' } }],
    ['a byte order mark', 'the top.modules.x', { modules: { x: '\ufeffx' } }],
    ['an unknown name', 'the top', { memo: 'x' }],
  ])('is refused with %s', (_what, path, change) => {
    expect(() => parseGenesis(JSON.stringify({ ...content(), ...change }))).toThrow(bad(path));
  });

  it('is refused without a name that it needs', () => {
    for (const name of Object.keys(content())) {
      const { [name]: _gone, ...rest } = content();
      expect(() => parseGenesis(JSON.stringify(rest))).toThrow(bad('the top'));
    }
  });

  it('is refused when a name stands twice, since readers differ in which they see', () => {
    const twice = genesis.text.replace('"expiryWindow": 1000', '"expiryWindow": 7, "expiryWindow": 1000');
    expect(() => parseGenesis(twice)).toThrow(bad('the top'));
    const hidden = genesis.text.replace('"currencies": []', '"currencies": [], "currenc\\u0069es": []');
    expect(() => parseGenesis(hidden)).toThrow(bad('the top'));
  });

  it.each([20, 100_000])('is refused when it is nested %i levels deep', (levels) => {
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(() => parseGenesis(JSON.stringify(content()).replace('[]', deep))).toThrow(
      expect.objectContaining({ code: 'chain/bad-genesis' }),
    );
  });

  it.each(['1000.0', '1e3', '999.99999999999999999', '1000.00000000000000000001', '1E3'])(
    'is refused with a number written as %s, since readers differ in how they round',
    (written) => {
      const text = genesis.text.replace('"expiryWindow": 1000', `"expiryWindow": ${written}`);
      expect(() => parseGenesis(text)).toThrow(bad('the top'));
    },
  );

  it('takes a text that looks like such a number', () => {
    const modules = { x: 'a "1.5" and 1e3' };
    expect(parseGenesis(JSON.stringify({ ...content(), modules })).modules).toEqual(modules);
  });

  it('raises only its typed error on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.nat(genesis.text.length),
        fc.string({ maxLength: 3 }),
        (text, at, part) => {
          const changed = genesis.text.slice(0, at) + part + genesis.text.slice(at + 1);
          for (const candidate of [text, changed])
            try {
              parseGenesis(candidate);
            } catch (error) {
              expect(error).toBeInstanceOf(ToolkitError);
              expect(error).toHaveProperty('code', 'chain/bad-genesis');
            }
        },
      ),
    );
  });
});
