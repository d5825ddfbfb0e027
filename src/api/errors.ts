// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf, ToolkitError } from '../../protocol/error-table.ts';

/** Errors of the HTTP API, at the node and at its client. */
export const apiErrors = {
  'api/bad-request': entry<{ reason: string }>(
    'A request does not have the form that its route takes.',
    'See docs/api.md for the routes.',
  ),
  'api/not-found': entry<{ what: string }>(
    'The node has no such route, transaction, block, currency or identity.',
    'Check what was asked for, and that the node is on your chain; a transaction never acknowledged can be sent again.',
  ),
  'api/too-large': entry<{ limit: number }>(
    'A request body is larger than the node reads.',
    'Send one transaction of at most 65,536 bytes a request.',
  ),
  'api/unsupported-media-type': entry<{ found: string; expected: string }>(
    'A request body has another media type than its route takes.',
    'Send a transaction as application/cose.',
  ),
  'api/fault': entry<{ status: number }>(
    'The node met a fault of its own.',
    'Look into the log of the node and report it.',
  ),
  'api/node-not-reached': entry<{ node: string }>(
    'No node answers at the URL.',
    'Start one with bsim node start, or name another with --node or BSIM_NODE.',
  ),
  'api/unexpected-answer': entry<{ node: string; status: number }>(
    'What answers at the URL is no node of this toolkit.',
    'Check the URL of --node or BSIM_NODE.',
  ),
  'api/address-in-use': entry<{ host: string; port: number }>(
    'Another process listens on that address and port.',
    'Choose another port with --port, or stop the other process.',
  ),
} as const;

/** A code of {@link apiErrors}. */
export type ApiErrorCode = keyof typeof apiErrors;

/** An error of the HTTP API; facts by code in {@link apiErrors}. */
export class ApiError<Code extends ApiErrorCode = ApiErrorCode> extends errorsOf(apiErrors)<Code> {}

/** An error that a node answered, with the node's own code, so that callers act on it as if it were local. */
export class NodeAnswerError extends ToolkitError {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Seconds after which to try again, when the node says so. */
  readonly retryAfter: number | undefined;

  constructor(
    answer: {
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly details: object;
    },
    status: number,
    retryAfter: number | undefined,
  ) {
    super(answer.code, answer.message, answer.details, answer.remedy);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
