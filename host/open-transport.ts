// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../protocol/transport.ts';
import { CardError } from './errors.ts';
import { type HostPort, parseHostPort } from './host-port.ts';
import { emulatorTransport, type ProcessesApdu } from './transports/emulator.ts';

/** Schemes of reader URIs, in the form in which messages show them. */
export const readerUriForms = ['pcsc:NAME', 'tcp:HOST:PORT', 'emulator:FILE'] as const;

/** A reader URI taken apart. */
export type ReaderUri =
  | { readonly scheme: 'pcsc'; readonly reader: string }
  | { readonly scheme: 'tcp'; readonly address: HostPort }
  | { readonly scheme: 'emulator'; readonly file: string };

/** What {@link openTransport} is given by whoever puts the parts together. */
export type OpenTransportOptions = {
  /** Opens the emulated card of a file; without it `emulator:` is refused with `card/reader-uri`. */
  readonly openEmulator?: (file: string) => ProcessesApdu | Promise<ProcessesApdu>;
};

/**
 * Opens the way to a card that a URI names: `pcsc:NAME` (the reader's whole name, as `bsim reader list` shows it),
 * `tcp:HOST:PORT` (a card that listens there, an IPv6 address in brackets) or `emulator:FILE`. Throws
 * `card/reader-uri` and what the transport throws.
 */
export async function openTransport(uri: string, options: OpenTransportOptions = {}): Promise<Transport> {
  const parsed = parseReaderUri(uri);
  if (parsed.scheme === 'pcsc') {
    // Loaded here, so that a handset that never uses PC/SC never loads it.
    const { openPcsc } = await import('./transports/pcsc.ts');
    return openPcsc(parsed.reader);
  }
  if (parsed.scheme === 'tcp') {
    // Loaded here, since only Node has TCP.
    const { openTcp } = await import('./transports/tcp.ts');
    return openTcp(parsed.address);
  }
  const { openEmulator } = options;
  if (openEmulator === undefined)
    throw badUri(uri, 'a card emulator, which is not part of this program', 'a reader');
  return emulatorTransport(await openEmulator(parsed.file), uri);
}

/** Takes a reader URI apart; the scheme is read in either case. Throws `card/reader-uri`. */
export function parseReaderUri(uri: string): ReaderUri {
  const colon = uri.indexOf(':');
  if (colon < 0) throw badUri(uri, 'no scheme', 'one of');
  const scheme = uri.slice(0, colon).toLowerCase();
  const rest = uri.slice(colon + 1);
  if (scheme !== 'pcsc' && scheme !== 'tcp' && scheme !== 'emulator')
    throw badUri(uri, `scheme '${scheme}'`, 'one of');
  if (rest === '' || rest.includes('\0'))
    throw badUri(uri, rest === '' ? `nothing after '${scheme}:'` : 'a NUL character', 'one of');
  if (scheme === 'pcsc') return { scheme, reader: rest };
  if (scheme === 'emulator') return { scheme, file: rest };
  const address = parseHostPort(rest);
  if (address === undefined || address.port === 0)
    throw badUri(uri, `'${rest}' after 'tcp:'`, 'a host and a port from 1 to 65535: one of');
  return { scheme, address };
}

function badUri(uri: string, reason: string, expected: string): CardError<'card/reader-uri'> {
  return new CardError(
    'card/reader-uri',
    `reader URI not read: found ${reason}, expected ${expected} ${readerUriForms.join(', ')}`,
    { uri, reason, schemes: readerUriForms },
  );
}
