// SPDX-License-Identifier: Apache-2.0

/** What the catalogue of errors says of one code; `Facts` is the type of the details that come with it. */
export type ErrorEntry<Facts extends object = object> = {
  /** One sentence: what went wrong. */
  readonly meaning: string;
  /** One sentence: what the user can do. */
  readonly remedy: string;
  /** Carries the type of the facts; has no value at run time. */
  readonly facts?: Facts;
};

/** Errors of one area by code, `area/what`. */
// biome-ignore lint/suspicious/noExplicitAny: an entry's facts may be any object type; each use narrows it
export type ErrorTable = Readonly<Record<string, ErrorEntry<any>>>;

/** The facts that belong to one code of a table. */
export type FactsOf<Table extends ErrorTable, Code extends keyof Table> =
  Table[Code] extends ErrorEntry<infer Facts> ? Facts : never;

/** One entry of an error table; write the type of its facts between the angle brackets. */
export const entry = <Facts extends object = Record<never, never>>(
  meaning: string,
  remedy: string,
): ErrorEntry<Facts> => ({ meaning, remedy });

/**
 * Base of every error that the toolkit raises on purpose: a stable code, typed facts, a remedy.
 * The message has the form *what failed: what was found, what was expected*; it never holds a secret.
 */
export class ToolkitError extends Error {
  /** Stable identity, `area/what`; listed in docs/errors.md. */
  readonly code: string;
  /** Facts as JSON-able values. */
  readonly details: Readonly<Record<string, unknown>>;
  /** What the user can do about it. */
  readonly remedy: string;

  constructor(
    code: string,
    message: string,
    details: object,
    remedy: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details as Readonly<Record<string, unknown>>;
    this.remedy = remedy;
  }
}

/** The constructor of the errors of a table; each code comes with its facts. */
export type AreaErrorConstructor<Table extends ErrorTable> = new <Code extends keyof Table & string>(
  code: Code,
  message: string,
  facts: FactsOf<Table, Code>,
  options?: { readonly cause?: unknown },
) => ToolkitError & {
  readonly code: Code;
  readonly details: FactsOf<Table, Code> & Readonly<Record<string, unknown>>;
};

/**
 * Base class of the errors of one table: the code fixes the type of the facts and brings the remedy. A `remedy` among
 * the facts takes the place of the table's, where it depends on what is missing.
 */
export function errorsOf<Table extends ErrorTable>(table: Table): AreaErrorConstructor<Table> {
  return class<Code extends keyof Table & string> extends ToolkitError {
    declare readonly code: Code;
    declare readonly details: FactsOf<Table, Code> & Readonly<Record<string, unknown>>;

    constructor(
      code: Code,
      message: string,
      facts: FactsOf<Table, Code>,
      options: { readonly cause?: unknown } = {},
    ) {
      const { remedy } = facts as { readonly remedy?: unknown };
      super(code, message, facts, typeof remedy === 'string' ? remedy : (table[code]?.remedy ?? ''), options);
    }
  };
}
