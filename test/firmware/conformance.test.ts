// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe } from 'vitest';
import { appletLacks } from '../../scripts/pages/applet.ts';
import { type ConnectCard, cardConformance } from '../conformance/card.ts';
import { firmwareUnavailable, startJavaCard, strict } from '../support/firmware.ts';
import type { TestCard } from '../support/test-card.ts';

const unavailable = firmwareUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;

describe.skipIf(unavailable !== undefined && !strict)(`on a simulated Java Card${reason}`, () => {
  let card: TestCard;
  beforeAll(async () => {
    card = await startJavaCard();
  });
  afterAll(() => card?.close());

  /** Each test gets a new card in the place of the one before. */
  const connect: ConnectCard = async (requires) => {
    await card.fresh({
      lifeCycle: requires.includes('installed') ? 'installed' : 'selectable',
      mode: requires.includes('S16') ? 'S16' : 'S8',
      challenge: requires.includes('random challenge') ? 'random' : 'pseudo-random',
      confirmation: requires.includes('terminal') ? 'terminal' : 'pin',
    });
    return { ...card, close: async () => {} };
  };

  // Bytes that are fewer than two are controls of the connection.
  cardConformance('the Java Card applet', connect, { lacks: [...appletLacks, 'fragments'] });
});
