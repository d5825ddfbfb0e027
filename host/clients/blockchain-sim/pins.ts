// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { PIN_TRIES, type PinBlock, pinBlock, pukBlock } from '../../../protocol/pin.ts';
import { CardError } from '../../errors.ts';
import { send } from '../../send.ts';
import type { Session } from './session.ts';

/** Whether the PIN is verified in this session, and its tries left (0 = blocked). */
export type PinStatus = { readonly verified: boolean; readonly triesLeft: number };

/** What is done with PIN and PUK, ASCII digits that stay the caller's to wipe. */
export type PinMethods = {
  /** Throws `card/wrong-pin`, `card/pin-blocked` or `card/wrong-life-cycle`. */
  verify(pin: Uint8Array): Promise<void>;
  /** VERIFY without data, which costs no try. Throws `card/wrong-life-cycle`. */
  pinStatus(): Promise<PinStatus>;
  /**
   * A new PIN for the old one, which is verified by it. Throws as {@link PinMethods.verify}, and `card/pin-not-allowed`.
   */
  changeReferenceData(oldPin: Uint8Array, newPin: Uint8Array): Promise<void>;
  /** A new PIN, verified, for the PUK. Throws `card/wrong-puk`, `card/puk-blocked` or `card/pin-not-allowed`. */
  resetRetryCounter(puk: Uint8Array, newPin: Uint8Array): Promise<void>;
  /** Sets a PIN that opens decoy wallets, for the PUK; undefined takes it away. Throws as above. */
  setDuressPin(puk: Uint8Array, duressPin: Uint8Array | undefined): Promise<void>;
};

/** The methods of this part. */
export const pinMethods = ({ run, exclusively, top }: Session): PinMethods => ({
  verify: (pin) => padded([[pinBlock, pin]], (block) => run(commands.verify, block)),
  pinStatus: () => exclusively(() => pinStatus(top)),
  changeReferenceData: (oldPin, newPin) =>
    padded(
      [
        [pinBlock, oldPin],
        [pinBlock, newPin],
      ],
      (oldPart, newPart) => run(commands.changeReferenceData, { oldPin: oldPart, newPin: newPart }),
    ),
  resetRetryCounter: (puk, newPin) =>
    padded(
      [
        [pukBlock, puk],
        [pinBlock, newPin],
      ],
      (pukPart, newPart) => run(commands.resetRetryCounter, { puk: pukPart, newPin: newPart }),
    ),
  setDuressPin: (puk, duressPin) =>
    padded(
      [[pukBlock, puk], duressPin === undefined ? [noPin, new Uint8Array(0)] : [pinBlock, duressPin]],
      (pukPart, duressPart) => run(commands.setDuressPin, { puk: pukPart, duressPin: duressPart }),
    ),
});

/** Eight FF, which stand for no PIN. */
const noPin = (): PinBlock => new Uint8Array(8).fill(0xff);

type Padding = readonly [pad: (digits: Uint8Array) => PinBlock, digits: Uint8Array];

/** Pads digits, hands the blocks to the work and wipes them after it, also when one of the digits does not fit. */
export async function padded<const Parts extends readonly Padding[], Result>(
  parts: Parts,
  work: (...blocks: { [K in keyof Parts]: PinBlock }) => Promise<Result>,
): Promise<Result> {
  const blocks: PinBlock[] = [];
  try {
    for (const [pad, digits] of parts) blocks.push(pad(digits));
    return await work(...(blocks as { [K in keyof Parts]: PinBlock }));
  } finally {
    wipe(...blocks);
  }
}

/** The one command whose status words 63CX and 6983 are an answer and no failure. */
async function pinStatus(transport: Session['top']): Promise<PinStatus> {
  try {
    await send(transport, commands.verify, undefined);
    return { verified: true, triesLeft: PIN_TRIES };
  } catch (error) {
    if (!(error instanceof CardError)) throw error;
    if (error.code === 'card/pin-blocked') return { verified: false, triesLeft: 0 };
    if (error.code === 'card/wrong-pin')
      return { verified: false, triesLeft: (error as CardError<'card/wrong-pin'>).details.triesLeft };
    throw error;
  }
}
