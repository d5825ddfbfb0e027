// SPDX-License-Identifier: Apache-2.0

/** A card that answered or did what the model does not allow. */
export class Finding extends Error {
  override readonly name = 'Finding';
  /** Status word that the card should have given, in hexadecimal, where that is what was wrong. */
  readonly expected: string | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly expected?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.expected = options.expected;
  }
}

/** Thrown by the model where a card must refuse a command. */
export class Refusal {
  readonly sw: number;
  /** Status words that are as right, where several faults meet and no order is fixed for them. */
  readonly also: readonly number[];

  constructor(sw: number, also: readonly number[] = []) {
    this.sw = sw;
    this.also = also;
  }
}

/** Ends a command with a status word. Throws {@link Refusal}. */
export function refuse(sw: number, ...also: readonly number[]): never {
  throw new Refusal(sw, also);
}

/** What a command that is carried out must answer. */
export type Outcome = {
  /** 9000 unless said otherwise. */
  readonly sw?: number;
  readonly exact?: Uint8Array;
  readonly length?: number;
  /** Looks at the whole response data once they are there. Throws {@link Finding}. */
  readonly check?: (data: Uint8Array) => void;
};

/** Carried out, without response data. */
export const done: Outcome = { exact: new Uint8Array(0) };

/** Fails with what was found and what was expected. Throws {@link Finding}. */
export function find(message: string): never {
  throw new Finding(message);
}

/** Throws {@link Finding} where a rule does not hold. */
export function hold(rule: boolean, message: string): void {
  if (!rule) find(message);
}
