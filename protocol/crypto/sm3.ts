// SPDX-License-Identifier: Apache-2.0
import { HashMD } from '@noble/hashes/_md.js';
import { type CHash, clean, createHasher, rotl } from '@noble/hashes/utils.js';

/** Initial value. Source: GB/T 32905-2016 §4.1. */
const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;

/** The eight words of the chaining value, A to H. */
type State = [number, number, number, number, number, number, number, number];

/** Message words W, shared by all streams and cleared after each use, as in the other hashes of the library. */
const words = new Uint32Array(68);

const p0 = (x: number): number => x ^ rotl(x, 9) ^ rotl(x, 17);
const p1 = (x: number): number => x ^ rotl(x, 15) ^ rotl(x, 23);

/** A hash under way; the library's base class buffers, pads and counts. */
class Sm3 extends HashMD<Sm3> {
  private state: State = [...INITIAL];

  constructor() {
    super(64, 32, 8, false);
  }

  protected override get(): number[] {
    return this.state;
  }

  protected override set(...state: State): void {
    this.state = state;
  }

  override _cloneInto(to: Sm3 = new Sm3()): Sm3 {
    to.set(...this.state);
    return this._cloneIntoMeta(to);
  }

  /** Message expansion and compression of one block of 64 bytes. Source: GB/T 32905-2016 §5.3. */
  protected override process(view: DataView, offset: number): void {
    const w = (i: number): number => words[i] as number;
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(offset + 4 * i, false);
    for (let i = 16; i < 68; i++)
      words[i] = p1(w(i - 16) ^ w(i - 9) ^ rotl(w(i - 3), 15)) ^ rotl(w(i - 13), 7) ^ w(i - 6);
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let i = 0; i < 64; i++) {
      const t = i < 16 ? 0x79cc4519 : 0x7a879d8a;
      const a12 = rotl(a, 12);
      const ss1 = rotl((a12 + e + rotl(t, i % 32)) | 0, 7);
      const ff = i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = i < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + (ss1 ^ a12) + (w(i) ^ w(i + 4))) | 0;
      const tt2 = (gg + h + ss1 + w(i)) | 0;
      d = c;
      c = rotl(b, 9);
      b = a;
      a = tt1;
      h = g;
      g = rotl(f, 19);
      f = e;
      e = p0(tt2);
    }
    const next: State = [a, b, c, d, e, f, g, h];
    this.state = next.map((word, i) => (word ^ (this.state[i] as number)) | 0) as State;
  }

  protected override roundClean(): void {
    clean(words);
  }

  override destroy(): void {
    this.destroyed = true;
    this.state = [0, 0, 0, 0, 0, 0, 0, 0];
    clean(this.buffer);
  }
}

/** SM3, a hash of 32 bytes, in the form of the library's other hashes. Source: GB/T 32905-2016. */
export const sm3: CHash<Sm3> = createHasher(() => new Sm3());
