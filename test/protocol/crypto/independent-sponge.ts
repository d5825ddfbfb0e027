// SPDX-License-Identifier: Apache-2.0

/** Rotations by lane x + 5y. Source: FIPS 202 §3.2.2, from the steps of algorithm 2. */
const rotations: readonly bigint[] = (() => {
  const table = Array<bigint>(25).fill(0n);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    table[x + 5 * y] = BigInt((((t + 1) * (t + 2)) / 2) % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return table;
})();

/** Round constants, from the shift register. Source: FIPS 202 §3.2.5, algorithms 5 and 6. */
const roundConstants: readonly bigint[] = (() => {
  let register = 1;
  const bit = (): bigint => {
    const out = BigInt(register & 1);
    register = (register << 1) ^ ((register >> 7) * 0x171);
    return out;
  };
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let j = 0n; j <= 6n; j++) constant |= bit() << ((1n << j) - 1n);
    return constant;
  });
})();

const MASK = (1n << 64n) - 1n;
const rotate = (lane: bigint, by: bigint): bigint => ((lane << by) | (lane >> (64n - by))) & MASK;

/** Keccak-f[1600] with a lane as a bigint. Source: FIPS 202 §3.2 and §3.3. */
function permute(state: bigint[]): void {
  const at = (lanes: readonly bigint[], x: number, y: number): bigint =>
    lanes[((x + 5) % 5) + 5 * ((y + 5) % 5)] as bigint;
  for (const constant of roundConstants) {
    const parity = [0, 1, 2, 3, 4].map((x) => [0, 1, 2, 3, 4].reduce((sum, y) => sum ^ at(state, x, y), 0n));
    for (let i = 0; i < 25; i++)
      state[i] =
        (state[i] as bigint) ^
        (parity[((i % 5) + 4) % 5] as bigint) ^
        rotate(parity[((i % 5) + 1) % 5] as bigint, 1n);
    const moved = Array<bigint>(25).fill(0n);
    for (let x = 0; x < 5; x++)
      for (let y = 0; y < 5; y++)
        moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(at(state, x, y), rotations[x + 5 * y] as bigint);
    for (let x = 0; x < 5; x++)
      for (let y = 0; y < 5; y++)
        state[x + 5 * y] = at(moved, x, y) ^ (~at(moved, x + 1, y) & MASK & at(moved, x + 2, y));
    state[0] = (state[0] as bigint) ^ constant;
  }
}

/**
 * A hash of 32 bytes from the sponge with capacity 512, slow and plain: `suffix` 06 is SHA3-256, 01 is Keccak-256 of
 * Ethereum. Source: FIPS 202 §4 and §6.1; Keccak's own submission has no suffix bits.
 */
export function sponge256(message: Uint8Array, suffix: 0x01 | 0x06): Uint8Array {
  const RATE = 136;
  const padded = new Uint8Array((Math.floor(message.length / RATE) + 1) * RATE);
  padded.set(message);
  padded[message.length] = suffix;
  padded[padded.length - 1] = (padded[padded.length - 1] as number) | 0x80;
  const view = new DataView(padded.buffer);
  const state = Array<bigint>(25).fill(0n);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let lane = 0; lane < RATE / 8; lane++)
      state[lane] = (state[lane] as bigint) ^ view.getBigUint64(block + 8 * lane, true);
    permute(state);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane++) digest.setBigUint64(8 * lane, state[lane] as bigint, true);
  return new Uint8Array(digest.buffer);
}
