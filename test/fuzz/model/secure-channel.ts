// SPDX-License-Identifier: Apache-2.0
import { equalBytes, fromHex, toHex } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import type { cardManagerCommands } from '../../../protocol/commands/card-manager/index.ts';
import { initializeUpdate as initializeUpdateCommand } from '../../../protocol/commands/secure-channel/authentication.ts';
import type { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../../protocol/identifiers/aid.ts';
import { keyCheckValue, macLength, type Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import { decodePutKey } from '../../../protocol/scp03/put-key.ts';
import { type SecureChannelHost, secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
} from '../../../protocol/scp03/session-keys.ts';
import { SW } from '../../../protocol/status-word.ts';
import { encodeTlv } from '../../../protocol/tlv.ts';
import type { Call, Rule } from './context.ts';
import { record } from './log.ts';
import { done, hold, type Outcome, refuse } from './outcome.ts';
import { endSecure, type ModelState } from './state.ts';

type SecureChannelCommands = typeof secureChannelCommands;

/** What a host learnt of INITIALIZE UPDATE: enough for EXTERNAL AUTHENTICATE. */
export type HostSession = {
  readonly set: Scp03KeySet;
  readonly host: (level: number) => SecureChannelHost;
  readonly cryptogram: Uint8Array;
};

/** The session of the last INITIALIZE UPDATE that was answered; of one card, by its state. */
const sessions = new WeakMap<ModelState, HostSession>();

/** See {@link HostSession}. */
export const sessionOf = (s: ModelState): HostSession | undefined => sessions.get(s);

const aids = { custody: aidBytes(BLOCKCHAIN_SIM_AID), manager: aidBytes(CARD_MANAGER_AID) } as const;

const initializeUpdate: Rule<RequestOf<SecureChannelCommands['initializeUpdate']>> = (request, call) => {
  const { kvn, hostChallenge } = request;
  const { s, channel, number } = call;
  const { mode, challenge } = s.kind;
  endSecure(s);
  s.begun = undefined;
  sessions.delete(s);
  if (hostChallenge.length !== macLength(mode)) refuse(SW.wrongLength);
  const set = s.keySets.find(({ version }) => kvn === 0 || version === kvn) ?? refuse(SW.notFound);
  if (set.tries === 0) refuse(SW.blocked);
  s.begun = { channel: number, version: set.version };
  const isCounted = challenge === 'pseudo-random';
  const { counter } = set;
  const aid = aids[channel.selected ?? 'custody'];
  return {
    length: 13 + 2 * macLength(mode) + (isCounted ? 3 : 0),
    check: (data) => {
      const found = initializeUpdateCommand.response.decode(data);
      const options = 0x60 | (isCounted ? 0x10 : 0) | (mode === 'S16' ? 0x01 : 0);
      const diversification = s.iccid === '' ? '00'.repeat(10) : s.iccid;
      hold(
        found.kvn === set.version &&
          found.options === options &&
          toHex(found.diversification) === diversification,
        'INITIALIZE UPDATE: found other facts than those of the card',
      );
      if (isCounted) {
        hold(
          found.sequenceCounter === counter,
          `sequence counter: found ${found.sequenceCounter}, expected ${counter}`,
        );
        const expected = pseudoRandomChallenge(set, counter, aid, mode);
        hold(
          equalBytes(found.cardChallenge, expected),
          'card challenge: found another than that of the counter',
        );
      }
      const keys = deriveSessionKeys(set, hostChallenge, found.cardChallenge);
      const cryptogram = cardCryptogram(keys, hostChallenge, found.cardChallenge, mode);
      hold(equalBytes(found.cardCryptogram, cryptogram), 'card cryptogram: found one of other keys');
      sessions.set(s, {
        set,
        host: (level) => secureChannelHost(keys, mode, level),
        cryptogram: hostCryptogram(keys, hostChallenge, found.cardChallenge, mode),
      });
    },
  };
};

/** What the driver knows of an EXTERNAL AUTHENTICATE: the host that made it, unless it was tampered with. */
export type Authentication = { readonly host: SecureChannelHost; readonly isIntact: boolean };

/** EXTERNAL AUTHENTICATE at a level; `authentication` is absent for one that no session made. */
export function externalAuthenticate(
  level: number,
  authentication: Authentication | undefined,
  call: Call,
): Outcome {
  const { s, channel, number } = call;
  const { begun } = s;
  s.begun = undefined;
  if (begun === undefined || begun.channel !== number) return refuse(SW.wrongState);
  const set = s.keySets.find(({ version }) => version === begun.version) ?? refuse(SW.wrongState);
  set.tries--;
  if (authentication === undefined || !authentication.isIntact) {
    if (channel.selected === 'custody') record(s.log, 'channel-refused');
    return refuse(SW.authenticationFailed);
  }
  set.tries = 10;
  set.counter++;
  const { host } = authentication;
  s.secure = { channel: number, level, dek: set.dek, host, isAhead: false };
  if (channel.selected === 'custody')
    record(s.log, 'channel-opened', { reference: set.version, detail: level });
  return done;
}

type ManagerCommands = typeof cardManagerCommands;

const getKeyInformation: Rule<void> = (_, { s }) => ({
  exact: encodeTlv(
    0xe0,
    ...s.keySets.flatMap(({ version, enc }) =>
      [1, 2, 3].map((id) => encodeTlv(0xc0, Uint8Array.of(id, version, 0x88, enc.length))),
    ),
  ),
});

const putKey: Rule<RequestOf<ManagerCommands['putKey']>> = (request, { s }) => {
  const [replaced = 0] = request;
  if (s.secure === undefined) return refuse(SW.notAuthorised);
  let given: Scp03KeySet;
  try {
    given = decodePutKey(request.subarray(1), s.secure.dek);
  } catch (error) {
    if (error instanceof ToolkitError) return refuse(SW.badData);
    throw error;
  }
  const at = s.keySets.findIndex(({ version }) => version === replaced);
  if (replaced !== 0 && at < 0) refuse(SW.notFound);
  if (s.keySets.some(({ version }, i) => i !== at && version === given.version)) refuse(SW.alreadyExists);
  const isNew = replaced === 0;
  if (isNew && s.keySets.length === 3) refuse(SW.notEnoughMemory);
  s.keySets.splice(isNew ? s.keySets.length : at, isNew ? 0 : 1, { ...given, counter: 0, tries: 10 });
  const checks = [given.enc, given.mac, given.dek].map((key) => toHex(keyCheckValue(key)));
  return { exact: Uint8Array.of(given.version, ...fromHex(checks.join(''))) };
};

const makeSelectable: Rule<RequestOf<ManagerCommands['makeSelectable']>> = (aid, { s }) => {
  if (!equalBytes(aid, aids.custody)) refuse(SW.notFound);
  if (s.lifeCycle !== 'installed') refuse(SW.wrongState);
  s.lifeCycle = 'selectable';
  return done;
};

/** Rules of the security domain's commands but EXTERNAL AUTHENTICATE, which needs to know who made it. */
export const secureChannelRules = { initializeUpdate, getKeyInformation, putKey, makeSelectable };
