// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommandApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import { concat, fromHex, toHex, uint16 } from '../../../protocol/bytes.ts';
import { secureChannelCard, secureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
} from '../../../protocol/scp03/session-keys.ts';
import { projectRoot } from '../../support/architecture/project.ts';
import { strict } from '../../support/pcsc-namespace.ts';
import { pythonInterpreter, pythonUnavailable } from '../../support/python.ts';
import { commandsOn, sessionPlans } from './session.ts';

const unavailable = pythonUnavailable();
const reason = unavailable === undefined ? '' : ` (${unavailable})`;

/** What the model in reference.py says of one session, all in hexadecimal. */
type Expected = {
  readonly enc: string;
  readonly mac: string;
  readonly rmac: string;
  readonly cardCryptogram: string;
  readonly hostCryptogram: string;
  readonly challenge: string;
  readonly externalAuthenticate: string;
  readonly exchanges: readonly { readonly command: string; readonly answer: string }[];
};

const jobs = sessionPlans.chain((plan) =>
  fc.record({
    plan: fc.constant(plan),
    sequenceCounter: fc.integer({ min: 0, max: 0xffffff }),
    aid: fc.uint8Array({ minLength: 5, maxLength: 16 }),
    exchanges: fc.array(
      fc.record({
        command: commandsOn(plan.channel, 3000),
        answer: fc.uint8Array({ maxLength: 300 }),
        sw: fc.constantFrom(0x9000, 0x6310, 0x6282, 0x63c1, 0x6a80),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
);
type Job = typeof jobs extends fc.Arbitrary<infer T> ? T : never;

/** The model takes the class without its channel. */
const asJson = ({ plan, sequenceCounter, aid, exchanges }: Job) => ({
  mode: plan.mode,
  level: plan.level,
  channel: plan.channel,
  keys: { enc: toHex(plan.keys.enc), mac: toHex(plan.keys.mac) },
  hostChallenge: toHex(plan.hostChallenge),
  cardChallenge: toHex(plan.cardChallenge),
  sequenceCounter,
  aid: toHex(aid),
  exchanges: exchanges.map(({ command, answer, sw }) => ({
    command: { ...command, cla: command.cla & 0xfc, data: toHex(command.data) },
    answer: toHex(answer),
    sw,
  })),
});

function model(list: readonly Job[]): readonly Expected[] {
  const { stdout, stderr, status } = spawnSync(
    pythonInterpreter,
    [join(projectRoot, 'test/protocol/scp03/reference.py')],
    { input: JSON.stringify(list.map(asJson)), encoding: 'utf8', maxBuffer: 2 ** 26, timeout: 60_000 },
  );
  if (status !== 0) throw new Error(`the model ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as readonly Expected[];
}

/** What our code gives for the same session; the card reads what the model's host sent. */
function ours(job: Job, expected: Expected): Expected {
  const { plan, sequenceCounter, aid, exchanges } = job;
  const { keys, mode, level, channel, hostChallenge, cardChallenge } = plan;
  const derive = () => deriveSessionKeys(keys, hostChallenge, cardChallenge);
  const { enc, mac, rmac } = derive();
  const cryptogram = hostCryptogram(derive(), hostChallenge, cardChallenge, mode);
  const host = secureChannelHost(derive(), mode, level);
  const card = secureChannelCard(derive(), mode);
  const externalAuthenticate = toHex(host.authenticate(cryptogram, channel));
  expect(
    card.acceptAuthentication(decodeCommandApdu(fromHex(expected.externalAuthenticate)), cryptogram),
  ).toBe(true);
  return {
    enc: toHex(enc),
    mac: toHex(mac),
    rmac: toHex(rmac),
    cardCryptogram: toHex(cardCryptogram(derive(), hostChallenge, cardChallenge, mode)),
    hostCryptogram: toHex(cryptogram),
    challenge: toHex(pseudoRandomChallenge(keys, sequenceCounter, aid, mode)),
    externalAuthenticate,
    exchanges: exchanges.map(({ command, answer, sw }, n) => {
      const sent = fromHex(expected.exchanges[n]?.command ?? '');
      const read = card.unwrap(decodeCommandApdu(sent));
      expect(read && toHex(encodeCommandApdu(read))).toBe(toHex(encodeCommandApdu(command)));
      const wrapped = toHex(host.wrap(encodeCommandApdu(command)));
      const answered = toHex(concat(card.wrap(answer, sw), uint16(sw)));
      const bare = (level & 0x10) !== 0 && sw === 0x6a80;
      expect(toHex(host.unwrap(fromHex(expected.exchanges[n]?.answer ?? '')))).toBe(
        toHex(bare ? uint16(sw) : concat(answer, uint16(sw))),
      );
      return { command: wrapped, answer: answered };
    }),
  };
}

describe.skipIf(unavailable !== undefined && !strict)(
  `SCP03 written from the specification in Python${reason}`,
  () => {
    it('gives the same bytes for any keys of 128, 192 and 256 bits, S8 and S16, at every level', () => {
      const list = fc.sample(jobs, { numRuns: 150 });
      const expected = model(list);
      expect(expected).toHaveLength(list.length);
      list.forEach((job, n) => {
        const each = expected[n] as Expected;
        expect(ours(job, each), JSON.stringify(asJson(job))).toEqual(each);
      });
    });
  },
);
