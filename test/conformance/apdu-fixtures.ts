// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import type { CardCurve } from '../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../protocol/crypto/card-hash.ts';

/** What a card must be or have for a sequence; fixtures/apdu/README.md says what each means. */
export type Requirement =
  | 'terminal'
  | 'S16'
  | 'random challenge'
  | 'installed'
  | 'new card'
  | 'fragments'
  | CardCurve
  | CardHash;

/** A file of fixtures/apdu; its README says what the fields mean. */
export type ApduFile = {
  readonly command: string;
  readonly source: string;
  readonly requires?: readonly Requirement[];
  readonly sequences: readonly Sequence[];
};

/** What a sequence may be about. */
export const kinds = ['good', 'length', 'parameters', 'class', 'data', 'state', 'access', 'blocked'] as const;

/** Steps from a named state of the card. */
export type Sequence = {
  readonly kind: (typeof kinds)[number];
  readonly title: string;
  readonly from: string;
  readonly requires?: readonly Requirement[];
  readonly steps: readonly Step[];
};

/** One command and what must come, a secure channel to be opened, or a reset; and on which cards it is played. */
export type Step = (SendStep | { readonly secureChannel: ChannelRule } | { readonly reset: true }) & {
  /** Played on a card that has all of it; left out on others. */
  readonly requires?: readonly Requirement[];
  /** Played on a card that has none of it; left out on others. */
  readonly lacks?: readonly Requirement[];
};

/** Whether a step is played on a card that lacks those. */
export const isPlayed = ({ requires = [], lacks = [] }: Step, lacking: readonly Requirement[]): boolean =>
  requires.every((each) => !lacking.includes(each)) && lacks.every((each) => lacking.includes(each));

/** One command and what must come. */
export type SendStep = {
  readonly send: string;
  readonly sw: string;
  /** Sent through the secure channel that is open. */
  readonly secure?: true;
  readonly data?: string;
  readonly key?: KeyRule;
  readonly fresh?: string;
  readonly signature?: SignatureRule;
  readonly attestation?: AttestationRule;
};

/** How a secure channel is opened; all values in hexadecimal. */
export type ChannelRule = {
  readonly level: string;
  readonly kvn?: string;
  readonly channel?: number;
  /** One key for all, or ENC, MAC and DEK. */
  readonly keys?: string | readonly [string, string, string];
};

/** The response holds the public key of that name, for later steps; `same`: it must be the one known already. */
export type KeyRule = { readonly name: string; readonly curve: CardCurve; readonly same?: boolean };

/** The response is a signature by the key of that name. */
export type SignatureRule = { readonly key: string; readonly message: string; readonly hash?: CardHash };

/** The response states one key and the challenge, signed by the other. */
export type AttestationRule = {
  readonly key: string;
  readonly challenge: string;
  readonly attestationKey: string;
};

/** Steps from a blank card to each named state. */
export type States = Readonly<Record<string, readonly Step[]>>;

const folder = new URL('../../fixtures/apdu/', import.meta.url);
const readJson = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const namesIn = (path: string): readonly string[] =>
  readdirSync(new URL(path, folder))
    .filter((name) => name.endsWith('.json'))
    .toSorted();

/** Names of the files of fixtures/apdu, in order. */
export const apduFileNames: readonly string[] = namesIn('.');

/** One of them. */
export const readApduFile = (name: string): ApduFile => readJson(name) as ApduFile;

/** Steps from a blank card to each state of fixtures/apdu/states. */
export const states: States = Object.assign(
  {},
  ...namesIn('states/').map((name) => (readJson(`states/${name}`) as { states: States }).states),
);

/** What a sequence requires: what it or its file names, and a new card where FACTORY RESET does not undo its steps. */
export function requirementsOf(file: ApduFile, sequence: Sequence): readonly Requirement[] {
  const named = [...(file.requires ?? []), ...(sequence.requires ?? [])];
  const steps = [...(states[sequence.from] ?? []), ...sequence.steps];
  return [...new Set([...named, ...(steps.some(lasts) ? (['new card'] as const) : [])])];
}

const INS = {
  terminate: 'E6',
  putKey: 'D8',
  initializeUpdate: '50',
  externalAuthenticate: '82',
  attest: '88',
  getData: 'CA',
} as const;

/** Whether a blank card shows later that the step was taken, or the step shows what was done to the card before. */
function lasts(step: Step): boolean {
  if (!('send' in step)) return false;
  const { send, sw, data } = step;
  const [cla = '', ins, p1, p2] = send.split(/\s+/);
  if (ins === INS.externalAuthenticate) return sw === '9000' || sw === '6983';
  if (sw !== '9000') return false;
  const isProprietary = (Number.parseInt(cla, 16) & 0x80) !== 0;
  if (ins === INS.terminate) return !isProprietary;
  if (ins === INS.putKey) return isProprietary;
  // The sequence counter of a key set, the head of the log, and the log.
  if (ins === INS.initializeUpdate) return data !== undefined;
  if (ins === INS.attest && isProprietary) return data !== undefined;
  return ins === INS.getData && p1 === 'FF' && p2 === '24' && data !== undefined;
}
