// SPDX-License-Identifier: Apache-2.0
import { styleText } from 'node:util';
import { progress as progressBar } from '@clack/prompts';
import Table from 'cli-table3';
import { toHex } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';

/** How a command tells its outcome: text for people, one JSON value on standard output for programs. */
export type Printer = {
  readonly json: boolean;
  /** The outcome: `text` is called only when people read. */
  result(value: unknown, text: () => string): void;
  /** A word on the way, for people only, on standard error. */
  note(text: string): void;
  /** A bar for long work; silent unless standard error is a terminal and people read. */
  progress(title: string, total: number): Progress;
};

/** A running bar. */
export type Progress = {
  advance(message: string): void;
  done(message: string): void;
  fail(message: string): void;
};

/** A printer to the process' own standard streams. */
export function openPrinter(options: { readonly json: boolean }): Printer {
  const { json } = options;
  const silent: Progress = { advance: () => {}, done: () => {}, fail: () => {} };
  return {
    json,
    result: (value, text) => process.stdout.write(`${json ? toJson(value) : text()}\n`),
    note: (text) => {
      if (!json) process.stderr.write(`${text}\n`);
    },
    progress: (title, total) => {
      if (json || !process.stderr.isTTY) return silent;
      const bar = progressBar({ max: total, style: 'block', size: 30, output: process.stderr });
      bar.start(title);
      return {
        advance: (message) => bar.advance(1, message),
        done: (message) => bar.stop(message),
        fail: (message) => bar.error(message),
      };
    },
  };
}

/** JSON text with bytes as hexadecimal and bigints as decimal text, since JSON numbers end at 2^53. */
export const toJson = (value: unknown, indent = 2): string =>
  JSON.stringify(
    value,
    (_key, item: unknown) =>
      typeof item === 'bigint' ? item.toString() : item instanceof Uint8Array ? toHex(item) : item,
    indent,
  );

/** Rows as a table under a heading, without colours when standard output is no terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const style = process.stdout.isTTY ? { head: ['bold'], border: ['grey'] } : { head: [], border: [] };
  const view = new Table({ head: [...head], chars, style });
  view.push(...rows.map((row) => [...row]));
  return view.toString();
}

/** Facts as aligned `name  value` lines. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${bold(name.padEnd(width))}  ${value}`).join('\n');
}

/** Bold on a terminal. */
export const bold = (text: string): string => (process.stdout.isTTY ? styleText('bold', text) : text);

/** Tells an error on standard error: what failed, the facts that are lists, what to do. Never a stack trace. */
export function printError(error: unknown, options: { readonly json: boolean }): void {
  const known = error instanceof ToolkitError;
  const code = known ? error.code : 'internal/fault';
  const message = known
    ? error.message
    : `a fault in the toolkit itself: ${error instanceof Error ? error.message : String(error)}`;
  const remedy = known
    ? error.remedy
    : 'Please report this with the command and its output; see SECURITY.md for faults of security.';
  if (options.json) {
    process.stderr.write(
      `${toJson({ error: { code, message, remedy, details: known ? error.details : {} } })}\n`,
    );
    return;
  }
  const lines = [`error ${code}: ${message}`];
  for (const fault of known ? faultsOf(error) : []) lines.push(`  ${fault}`);
  lines.push(`  ${remedy}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

function faultsOf(error: ToolkitError): readonly string[] {
  const { faults } = error.details;
  if (!Array.isArray(faults)) return [];
  return (faults as { line?: number; column?: string; fault?: string }[]).map(
    ({ line, column, fault }) => `line ${line}${column === undefined ? '' : `, ${column}`}: ${fault}`,
  );
}
