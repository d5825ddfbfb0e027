// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { type Card, type CardOptions, createCard, openCardFile } from '../../applet-sim/index.ts';
import { type Confirmation, confirmations } from '../../protocol/commands/blockchain-sim/get-data.ts';
import { badOption } from './options.ts';
import type { Printer } from './print.ts';

/** The status words 6581 and 6F00 say no more; the user of an emulated card learns what lies behind them. */
export const tellFault = (cause: unknown): void => {
  process.stderr.write(`emulated card: ${cause instanceof Error ? cause.message : String(cause)}\n`);
};

/**
 * The emulated card of `emulator:FILE`, or of `emulator:FILE?confirmation=terminal`, where what is behind the question
 * mark is how the card is made for this command. Throws `cli/bad-option` and what the card file throws.
 */
export function openEmulatedCard(place: string, print: Printer): Card {
  const [, file = place, query] = /^(.*)\?(\w[^?/]*=[^?/]*)$/.exec(place) ?? [];
  const settings = query === undefined ? {} : settingsOf(query);
  if (!existsSync(file)) print.note(`no card file ${file} yet: this is a new blank card`);
  return createCard({ ...settings, memory: openCardFile(file), onFault: tellFault });
}

function settingsOf(query: string): CardOptions {
  const settings: { confirmation?: Confirmation; scp03?: { mode: 'S8' | 'S16' } } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'confirmation' && Object.hasOwn(confirmations, value))
      settings.confirmation = value as Confirmation;
    else if (name === 'scp03' && (value === 'S8' || value === 'S16')) settings.scp03 = { mode: value };
    else
      throw badOption(
        '--reader',
        `${name}=${value}`,
        'confirmation=terminal, confirmation=pin, scp03=S8 or scp03=S16',
      );
  }
  return settings;
}
