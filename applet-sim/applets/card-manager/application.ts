// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes } from '../../../protocol/bytes.ts';
import type { AnyCommand } from '../../../protocol/command.ts';
import { cardManagerCommands } from '../../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../../protocol/commands/secure-channel/index.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../../protocol/identifiers/aid.ts';
import { wipeKeySet } from '../../../protocol/scp03/key-set.ts';
import { decodePutKey, putKeyResponse } from '../../../protocol/scp03/put-key.ts';
import { SW } from '../../../protocol/status-word.ts';
import { encodeTlv } from '../../../protocol/tlv.ts';
import type { CardState } from '../../card-state.ts';
import { bindCommands, type HandlersOf } from '../../dispatch.ts';
import type { Execution } from '../../runtime/execution.ts';
import type { NonVolatile } from '../../runtime/non-volatile.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import { freshKeySet, KEY_SETS_MAX, wipeStoredKeySet } from '../../security-domain/key-store.ts';
import type { SecurityDomain } from '../../security-domain/secure-channel.ts';
import type { Applet } from '../applet.ts';
import { diversificationOf } from '../blockchain-sim/handlers/secure-channel.ts';

/** What the card manager works on. */
export type CardManagerResources = {
  readonly state: NonVolatile<CardState>;
  readonly domain: SecurityDomain;
  readonly execution: Execution;
};

type Context = CardManagerResources & { readonly channel: number };

const commands = { ...secureChannelCommands, ...cardManagerCommands } as const;

/** Type of an AES key in a key information template. Source: GlobalPlatform Card Specification 2.3.1 §11.1.8. */
const AES = 0x88;
const KEY_IDENTIFIERS = [1, 2, 3];

const handlers: HandlersOf<typeof commands, Context> = {
  initializeUpdate: ({ kvn, hostChallenge }, { domain, channel, state }) => {
    const diversification = diversificationOf(state.state.application);
    const aid = aidBytes(CARD_MANAGER_AID);
    return domain.initializeUpdate({ channel, aid, diversification }, kvn, hostChallenge);
  },

  externalAuthenticate: (request, { domain, channel }) => {
    domain.externalAuthenticate(channel, request[0] ?? 0, request.subarray(1));
  },

  getKeyInformation: (_, { domain }) =>
    encodeTlv(
      0xe0,
      concat(
        ...domain.memory.state.keySets.flatMap(({ version, enc }) =>
          KEY_IDENTIFIERS.map((id) => encodeTlv(0xc0, Uint8Array.of(id, version, AES, enc.length))),
        ),
      ),
    ),

  putKey: (request, { domain }) => {
    const [replaced = 0] = request;
    const dek = domain.dek();
    if (dek === undefined) throw new StatusFault(SW.notAuthorised);
    const given = decodeKeys(request.subarray(1), dek);
    const answer = putKeyResponse(given);
    const next = freshKeySet(given);
    wipeKeySet(given);
    const { keySets } = domain.memory.state;
    const old = keySets.find(({ version }) => version === replaced);
    if (replaced !== 0 && old === undefined) throw new StatusFault(SW.notFound);
    if (keySets.some((set) => set !== old && set.version === next.version))
      throw new StatusFault(SW.alreadyExists);
    if (old === undefined && keySets.length === KEY_SETS_MAX) throw new StatusFault(SW.notEnoughMemory);
    domain.memory.replace({
      keySets: old === undefined ? [...keySets, next] : keySets.map((set) => (set === old ? next : set)),
    });
    domain.memory.commit();
    if (old !== undefined) wipeStoredKeySet(old);
    return answer;
  },

  makeSelectable: (aid, { state }) => {
    if (!equalBytes(aid, aidBytes(BLOCKCHAIN_SIM_AID))) throw new StatusFault(SW.notFound);
    const { application } = state.state;
    if (application.lifeCycle !== 'installed') throw new StatusFault(SW.wrongState);
    state.replace({ ...state.state, application: { ...application, lifeCycle: 'selectable' } });
  },
};

/** The issuer security domain: the card's key sets, and what makes an installed application selectable. */
export function cardManager(resources: CardManagerResources): Applet {
  const admit = (command: AnyCommand): void => {
    if (command.access !== 'anyone' && resources.execution.level === 0)
      throw new StatusFault(SW.notAuthorised);
  };
  return {
    aid: aidBytes(CARD_MANAGER_AID),
    isSelectable: () => true,
    open: (channel) => ({
      routes: bindCommands(commands, handlers, { ...resources, channel }, admit),
      end: () => {},
    }),
  };
}

/** Throws {@link StatusFault} 6A80. */
function decodeKeys(data: Uint8Array, dek: Uint8Array): ReturnType<typeof decodePutKey> {
  try {
    return decodePutKey(data, dek);
  } catch (cause) {
    if (cause instanceof ToolkitError) throw new StatusFault(SW.badData, { cause });
    throw cause;
  } finally {
    dek.fill(0);
  }
}
