// SPDX-License-Identifier: Apache-2.0
import { type Card, type CardMemory, type CardOptions, createCard } from '../../applet-sim/index.ts';
import { decodeCommandApdu, encodeCommandApdu } from '../../protocol/apdu.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { SecureChannelHost } from '../../protocol/scp03/secure-messaging.ts';
import { Finding } from './model/outcome.ts';
import { sessionOf } from './model/secure-channel.ts';
import { type CardKind, type Durable, type ModelState, powered, restart } from './model/state.ts';
import { areSameToMac, judge, type Sent } from './model.ts';
import { rngOf } from './random.ts';
import type { Step, Tampering } from './steps.ts';

/** A card, the model that follows it, and what was sent. */
export type Driver = {
  readonly s: ModelState;
  /** Exchanges so far, the C-APDUs as they were sent. */
  readonly exchanges: () => number;
  /** Throws {@link Finding}. */
  take(step: Step): void;
  /** Sends a C-APDU that nobody judges; in hexadecimal, as the answer. */
  ask(apdu: string): string;
};

/** Most exchanges that one step leads to. */
const PARTS_MAX = 40;
/** A MAC that no key made. */
const NO_MAC = '5a5a5a5a5a5a5a5a';

/** A card that is driven. */
export type DrivenCard = Pick<Card, 'process' | 'reset' | 'powerOff' | 'close'>;

/** What is known of an exchange besides its bytes. */
export type ExchangeDetail = {
  /** The command that was protected, where the MAC on the wire is right. */
  readonly plain?: Uint8Array;
  /** Level of the secure channel under which it came, 0 for none. */
  readonly level: number;
  /** The whole response data that the secure channel protected, once its last part is there. */
  readonly opened?: Uint8Array;
};

/** What a card is driven with. */
export type DriveOptions = {
  /** Makes the card, again each time it is opened again; default an emulated one. */
  readonly open?: (options: CardOptions) => DrivenCard;
  /** Told of every C-APDU before it is sent. */
  readonly before?: (wire: Uint8Array) => void;
  /** Told of every exchange. */
  readonly trace?: (wire: Uint8Array, answer: Uint8Array) => void;
  /** Told of every exchange that the model has nothing against. */
  readonly judged?: (wire: Uint8Array, answer: Uint8Array, detail: ExchangeDetail) => void;
  /** Of a blank card. */
  readonly lifeCycle?: 'installed' | 'selectable';
};

/** A card over the memory, and the model of it. */
export function drive(
  memory: CardMemory,
  durable: Durable,
  kind: CardKind,
  seed: number,
  { open: make = createCard, before, trace, judged, lifeCycle = 'selectable' }: DriveOptions = {},
): Driver {
  const s = powered(durable, kind);
  const rng = rngOf(seed);
  let fault: unknown;
  let exchanges = 0;
  let last: Uint8Array | undefined;
  let opened: Uint8Array | undefined;
  const open = (): DrivenCard =>
    make({
      memory,
      lifeCycle,
      profile: kind.profile,
      confirmation: kind.confirmation,
      scp03: { mode: kind.mode, challenge: kind.challenge },
      random: rng.bytes,
      onFault: (cause) => {
        fault = cause;
      },
    });
  let card = open();

  const exchange = (sent: Sent): Uint8Array => {
    let answer: Uint8Array;
    exchanges++;
    before?.(sent.wire);
    try {
      answer = card.process(sent.wire);
    } catch (cause) {
      throw new Finding(`the card threw at ${toHex(sent.wire)}`, { cause });
    }
    trace?.(sent.wire, answer);
    if (fault !== undefined) throw new Finding(`fault of the card at ${toHex(sent.wire)}`, { cause: fault });
    opened = undefined;
    const level = sent.plain === undefined ? 0 : (s.secure?.level ?? 0);
    judge(s, sent, answer);
    judged?.(sent.wire, answer, {
      level,
      ...(sent.plain === undefined ? {} : { plain: sent.plain }),
      ...(opened === undefined ? {} : { opened }),
    });
    return answer;
  };
  const complete = (sent: Sent, fetch: boolean): void => {
    let answer = exchange(sent);
    const channel = (sent.wire[0] ?? 0) & 0x03;
    for (let i = 0; fetch && i < PARTS_MAX; i++) {
      const sw2 = answer.at(-1) ?? 0;
      if (answer.at(-2) === 0x61) answer = exchange({ wire: Uint8Array.of(channel, 0xc0, 0, 0, sw2) });
      else if (answer.at(-2) === 0x6c)
        answer = exchange({
          wire: Uint8Array.of(...(i === 0 ? sent.wire.subarray(0, 4) : [channel, 0xc0, 0, 0]), sw2),
        });
      else return;
    }
  };
  const secured = (plain: Uint8Array, tamper: Tampering | undefined): Sent => {
    const { secure } = s;
    if (tamper === 'replay' && last !== undefined && secure?.isAhead !== true) return { wire: last };
    const wrapped = secure === undefined ? undefined : wrap(secure.host.wrap, plain);
    if (wrapped === undefined) return { wire: withoutKeys(plain) };
    const wire = tampered(wrapped, tamper);
    last = wire;
    return { wire, isWrapped: true, ...(areSameToMac(wire, wrapped) ? { plain } : {}) };
  };
  const authentication = (channel: number, level: number, tamper: Tampering | undefined): Sent => {
    const session = sessionOf(s);
    if (session === undefined)
      return { wire: Uint8Array.of(0x84 | channel, 0x82, level, 0, 16, ...fromHex(NO_MAC + NO_MAC)) };
    const host = watched(session.host(level), (data) => {
      opened = data;
    });
    const made = host.authenticate(session.cryptogram, channel);
    const wire = tampered(made, tamper);
    return { wire, authentication: { host, isIntact: areSameToMac(made, wire) } };
  };

  return {
    s,
    exchanges: () => exchanges,
    ask: (apdu) => toHex(card.process(fromHex(apdu))),
    take: (step) => {
      switch (step.do) {
        case 'send':
          return complete({ wire: fromHex(step.apdu) }, step.fetch);
        case 'secure':
          return complete(secured(fromHex(step.apdu), step.tamper), step.fetch);
        case 'authenticate':
          return complete(authentication(step.channel, step.level, step.tamper), true);
        case 'open again':
          card.close();
          card = open();
          break;
        case 'power off':
          card.powerOff();
          break;
        case 'reset':
          card.reset();
      }
      restart(s);
    },
  };
}

/** The same end of a secure channel, which tells what response data it opened. */
const watched = (host: SecureChannelHost, tell: (data: Uint8Array) => void): SecureChannelHost => ({
  ...host,
  unwrap: (response) => {
    const plain = host.unwrap(response);
    tell(plain.slice(0, -2));
    return plain;
  },
});

const wrap = (how: (plain: Uint8Array) => Uint8Array, plain: Uint8Array): Uint8Array | undefined => {
  try {
    return how(plain);
  } catch {
    // What is no C-APDU, or has bits of its own in CLA, is sent as it is.
    return undefined;
  }
};

function tampered(wire: Uint8Array, tamper: Tampering | undefined): Uint8Array {
  if (tamper === undefined || tamper === 'replay') return wire;
  const changed = wire.slice();
  const at = tamper.at % changed.length;
  changed[at] = (changed[at] ?? 0) ^ tamper.xor;
  return changed;
}

/** A command as one without the keys would send it. */
function withoutKeys(plain: Uint8Array): Uint8Array {
  try {
    const command = decodeCommandApdu(plain);
    return encodeCommandApdu({
      ...command,
      cla: command.cla | 0x04,
      data: Uint8Array.of(...command.data, ...fromHex(NO_MAC)),
    });
  } catch {
    return plain;
  }
}
