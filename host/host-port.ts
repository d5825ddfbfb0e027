// SPDX-License-Identifier: Apache-2.0

/** A host's name or IP address, an IPv6 one without its brackets, and a TCP port from 0 to 65535. */
export type HostPort = { readonly host: string; readonly port: number };

const FORM = /^(?:\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?)\]|([^\s:[\]/?#@]+)):([0-9]{1,5})$/;

/** Takes `HOST:PORT` apart, an IPv6 address in brackets: `[::1]:35963`; undefined where it is none. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, ipv6, name, digits = ''] = FORM.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  return host === undefined || port > 0xffff ? undefined : { host, port };
}

/** `HOST:PORT`, an IPv6 address in brackets. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
