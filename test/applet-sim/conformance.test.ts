// SPDX-License-Identifier: Apache-2.0

import { type CardOptions, createCard, type Profile } from '../../applet-sim/index.ts';
import { appletCurves, appletHashes, appletLacks } from '../../scripts/pages/applet.ts';
import type { Requirement } from '../conformance/apdu-fixtures.ts';
import { type ConnectCard, cardConformance } from '../conformance/card.ts';

/** How an emulated card is made that is what is required; it is new each time. */
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
  (profile: Profile, has: Pick<CardOptions, 'algorithms' | 'hashes'> = {}): ConnectCard =>
  async (requires) => {
    const card = createCard({
      ...optionsOf(requires),
      ...has,
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

// With the curves and hashes that the Java Card applet has.
cardConformance(
  'the emulator with fewer curves and hashes',
  connect('t1', { algorithms: appletCurves, hashes: appletHashes }),
  { lacks: appletLacks },
);
