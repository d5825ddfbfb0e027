// SPDX-License-Identifier: Apache-2.0

/** What is changed of a C-APDU after it was protected: a byte of it, or it is the one sent before. */
export type Tampering = { readonly at: number; readonly xor: number } | 'replay';

/** One thing that is done to a card; what it depends on of the card is filled in when it is done. */
export type Step =
  /** A C-APDU as it is, in hexadecimal; with `fetch`, GET RESPONSE and repetition follow until all is there. */
  | { readonly do: 'send'; readonly apdu: string; readonly fetch: boolean }
  /** A plain C-APDU through the secure channel; with a MAC of nothing where none is open. */
  | { readonly do: 'secure'; readonly apdu: string; readonly fetch: boolean; readonly tamper?: Tampering }
  /** EXTERNAL AUTHENTICATE for the INITIALIZE UPDATE before. */
  | {
      readonly do: 'authenticate';
      readonly channel: number;
      readonly level: number;
      readonly tamper?: Tampering;
    }
  | { readonly do: 'reset' | 'power off' | 'open again' };
