// SPDX-License-Identifier: Apache-2.0
import { type CardMemory, changedRecords, type Records } from '../../../applet-sim/runtime/card-memory.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { blockchainSimCommands as custody } from '../../../protocol/commands/blockchain-sim/index.ts';
import { cardManagerCommands as manager } from '../../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { type Driver, drive } from '../../fuzz/driver.ts';
import { record } from '../../fuzz/model/log.ts';
import { Finding } from '../../fuzz/model/outcome.ts';
import { type CardKind, copyOf, type Durable } from '../../fuzz/model/state.ts';
import { apduOf } from '../../fuzz/requests.ts';
import type { Step } from '../../fuzz/steps.ts';
import type { Act, Scene } from './writing-scenes.ts';

/** How the card of a scene is made. */
export const kindOf = ({ isTerminal }: Pick<Scene, 'isTerminal'>): CardKind => ({
  profile: 't1',
  confirmation: isTerminal === true ? 'terminal' : 'pin',
  mode: 'S8',
  challenge: 'pseudo-random',
});

/** The step that an act is on a card. */
export const stepOf = (act: Act, { s }: Driver): Step => (typeof act === 'function' ? act(s) : act);

/** A memory that begins with records, and keeps its changes for itself. */
export function memoryWith(begin: Records): CardMemory {
  let kept = begin;
  return {
    read: () => new Map([...kept].map(([name, value]) => [name, value.slice()])),
    write: (changes) => {
      kept = changedRecords(kept, new Map([...changes].map(([name, value]) => [name, value?.slice()])));
    },
    close: () => {},
  };
}

/**
 * States in which a card may be between two writes of one command: a try of the PIN, of the PUK or of a key set is spent,
 * or of a confirmation that ends with the command that is in the log and nothing else yet, or all but that. `waiting` is
 * the key of the confirmation.
 */
export function statesBetween(
  before: Durable,
  after: Durable,
  waiting: number | undefined,
): readonly Durable[] {
  const changed = (from: Durable, ...changes: readonly ((copy: Durable) => void)[]): Durable => {
    const copy = copyOf(from);
    for (const change of changes) change(copy);
    return copy;
  };
  const spends: readonly ((copy: Durable) => void)[] = [
    (copy) => copy.pinTries--,
    (copy) => copy.pukTries--,
    ...before.keySets.map((_, i) => (copy: Durable) => {
      const set = copy.keySets[i];
      if (set !== undefined) set.tries--;
    }),
  ];
  const states = spends.map((spend) => changed(before, spend)).filter(hasTries);
  if (waiting === undefined) return states;
  const refuse = (copy: Durable): void => record(copy.log, 'confirmation-refused', { reference: waiting });
  const forget = (copy: Durable): unknown => copy.log.added.pop();
  return [
    ...states,
    changed(before, refuse),
    ...spends.map((spend) => changed(before, refuse, spend)).filter(hasTries),
    changed(after, forget),
  ];
}

const hasTries = ({ pinTries, pukTries, keySets }: Durable): boolean =>
  Math.min(pinTries, pukTries, ...keySets.map(({ tries }) => tries)) >= 0;

/** Whether a card that finds those records in its memory is in one of the states, as far as it can be asked. */
export const isIn = (records: Records, states: readonly Durable[], kind: CardKind): boolean =>
  whyNotIn(records, states, kind).length < states.length;

/** What shows of each state that the card is not in it; nothing of a state that it is in. */
export function whyNotIn(records: Records, states: readonly Durable[], kind: CardKind): readonly string[] {
  return states.flatMap((state) => {
    const { lifeCycle } = state;
    const ask = (steps: readonly Step[]): void => {
      const driver = drive(memoryWith(records), copyOf(state), kind, 99, {
        lifeCycle: lifeCycle === 'installed' ? 'installed' : 'selectable',
      });
      for (const step of steps) driver.take(step);
    };
    try {
      ask(questions(state));
      ask(lastTries(state));
      return [];
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      return [error.message];
    }
  });
}

const send = (apdu: Uint8Array | string): Step => ({
  do: 'send',
  apdu: typeof apdu === 'string' ? apdu : toHex(apdu),
  fetch: true,
});
const secure = (apdu: Uint8Array): Step => ({ do: 'secure', apdu: toHex(apdu), fetch: true });
const select = send('00a4040007f04253494d010000');
const selectManager = send('00a4040008a00000015100000000');

const authenticate = (kvn: number, isWrong = false): readonly Step[] => [
  send(apduOf(secureChannelCommands.initializeUpdate, { kvn, hostChallenge: new Uint8Array(8) })),
  { do: 'authenticate', channel: 0, level: 0x33, ...(isWrong ? { tamper: { at: 6, xor: 1 } } : {}) },
];

/** All that a card can be asked, and what shows its PIN, its PUK and its key sets; the card is not to be used after. */
function questions({ lifeCycle, keys, pin, duress, puk, keySets, pinTries }: Durable): readonly Step[] {
  const verify = (block: string): Step => send(apduOf(custody.verify, fromHex(block)));
  const masters = [...keys].filter(([, { role }]) => role === 'wallet').map(([reference]) => reference);
  const lookAt = (references: readonly number[]): readonly Step[] =>
    references.map((reference) => send(apduOf(custody.readPublicKey, { reference })));
  return [
    // Not found while the application is installed only.
    select,
    ...(lifeCycle === 'installed' ? [selectManager] : []),
    send(apduOf(custody.getApplicationInformation, undefined)),
    send(apduOf(custody.getKeyDirectory, undefined)),
    send(apduOf(custody.getIccid, undefined)),
    send(apduOf(custody.getCertificates, undefined)),
    send(apduOf(custody.readAttestationKey, undefined)),
    ...lookAt([...keys.keys()].filter((reference) => !masters.includes(reference))),
    // The sequence counter of each key set, and the log.
    ...keySets.flatMap(({ version }) => authenticate(version)),
    secure(apduOf(custody.getLog, undefined)),
    ...(lifeCycle === 'blocked' ? [secure(apduOf(custody.activate, undefined))] : []),
    ...(pin === '' || pinTries === 0 ? [] : [verify(pin), ...lookAt(masters)]),
    ...(duress === undefined || pinTries === 0 ? [] : [verify(duress), ...lookAt(masters)]),
    ...(puk === ''
      ? []
      : [send(apduOf(custody.resetRetryCounter, { puk: fromHex(puk), newPin: fromHex(pin) }))]),
    selectManager,
    send(apduOf(manager.getKeyInformation, undefined)),
  ];
}

/** Fails with each key set until it is locked: its tries are what they are. */
const lastTries = ({ keySets }: Durable): readonly Step[] => [
  selectManager,
  ...keySets.flatMap(({ version, tries }) => [
    ...Array.from({ length: tries }, () => authenticate(version, true)).flat(),
    ...authenticate(version).slice(0, 1),
  ]),
];
