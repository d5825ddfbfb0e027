// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import {
  encodeLogEntry,
  type LogEntry,
  type LogEventFacts,
  type LogState,
  logEventOfId,
  logEvents,
  nextLogHead,
  type SecurityLog,
} from '../../protocol/security-log.ts';
import { hexByte } from './admin-keys.ts';

/** What a log's entries say, as JSON has it. */
export const eventsJson = ({ entries }: SecurityLog) =>
  entries.map(({ sequence, event, reference, detail, hashPrefix }) => ({
    sequence,
    event: logEventOfId(event) ?? `unknown ${event}`,
    reference,
    detail,
    hashPrefix: isZero(hashPrefix) ? null : hashPrefix,
  }));

/** A log's entries as the rows of a table: sequence, event, what it was about, hash. */
export const eventRows = ({ entries }: SecurityLog): readonly (readonly string[])[] =>
  entries.map((entry) => {
    const facts = factsOf(entry);
    return [
      String(entry.sequence),
      facts?.meaning ?? `an event that this toolkit does not know: ${entry.event}`,
      aboutOf(entry, facts),
      isZero(entry.hashPrefix) ? '' : `${toHex(entry.hashPrefix)}…`,
    ];
  });

/** Where a log stands after its newest entry. */
export const stateOf = ({ base, entries }: SecurityLog): LogState => ({
  sequence: BigInt(entries.at(-1)?.sequence ?? 0),
  head: entries.reduce((head, entry) => nextLogHead(head, encodeLogEntry(entry)), base),
});

const factsOf = ({ event }: LogEntry): LogEventFacts | undefined => {
  const name = logEventOfId(event);
  return name === undefined ? undefined : logEvents[name];
};

function aboutOf({ reference, detail }: LogEntry, facts: LogEventFacts | undefined): string {
  const parts: string[] = [];
  if (facts?.reference?.startsWith('key reference'))
    parts.push(reference === 0 ? 'attestation key' : `key ${reference}`);
  else if (facts?.reference !== undefined) parts.push(`${facts.reference} ${hexByte(reference)}`);
  if (facts?.detail === 'security level') parts.push(`level ${hexByte(detail)}`);
  else if (facts?.detail === 'tries left') parts.push(detail === 1 ? '1 try left' : `${detail} tries left`);
  else if (facts?.detail !== undefined) parts.push(`${detail} ${facts.detail}`);
  return parts.join(', ');
}

const isZero = (bytes: Uint8Array): boolean => equalBytes(bytes, new Uint8Array(bytes.length));
