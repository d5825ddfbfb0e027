// SPDX-License-Identifier: Apache-2.0
import { type CardOptions, createCard, type Profile } from '../../applet-sim/index.ts';
import type { Requirement } from '../conformance/apdu-fixtures.ts';
import { type ConnectCard, cardConformance } from '../conformance/card.ts';

/** How an emulated card is made that is what is required; it has every curve and hash, and is new each time. */
function optionsOf(requires: readonly Requirement[]): CardOptions {
  const has = (required: Requirement): boolean => requires.includes(required);
  return {
    lifeCycle: has('installed') ? 'installed' : 'selectable',
    confirmation: has('terminal') ? 'terminal' : 'pin',
    scp03: {
      mode: has('S16') ? 'S16' : 'S8',
      challenge: has('random challenge') ? 'random' : 'pseudo-random',
    },
  };
}

const connect =
  (profile: Profile): ConnectCard =>
  async (requires) => {
    const card = createCard({
      ...optionsOf(requires),
      profile,
      onFault: (cause) => {
        throw cause;
      },
    });
    return {
      exchange: async (apdu) => card.process(apdu),
      reset: async () => card.reset(),
      close: async () => card.close(),
    };
  };

cardConformance('the emulator with T=1', connect('t1'));
cardConformance('the emulator with T=0', connect('t0'));
