// SPDX-License-Identifier: Apache-2.0
import { ToolkitError } from '../../protocol/error-table.ts';
import { ApiError } from './errors.ts';
import type { ErrorJson } from './types.ts';

const statuses: Readonly<Record<string, number>> = {
  'api/not-found': 404,
  'api/too-large': 413,
  'api/unsupported-media-type': 415,
  'api/fault': 500,
  'chain/unknown-height': 404,
  'chain/unknown-module': 404,
  'chain/duplicate-transaction': 409,
  'chain/wrong-sequence': 409,
  'chain/transaction-too-large': 413,
  'money/unknown-currency': 404,
  'chain/mempool-full': 503,
  'chain/stopped': 503,
  'chain/wait-timeout': 504,
  'chain/store-failed': 500,
  'chain/data-damaged': 500,
  'chain/module-fault': 500,
};

/** HTTP status of a toolkit error: what the table says, otherwise 400, since the request was at fault. */
export const httpStatusOf = (code: string): number => statuses[code] ?? 400;

/**
 * The error that a request failed with, as the client may see it: an error of ours as it is, one of the HTTP framework
 * under a code of ours, and anything else as `api/fault` without its text.
 */
export function clientError(error: unknown): ToolkitError {
  if (error instanceof ToolkitError) return error;
  const { statusCode: status = 500, code = '' } = error as { statusCode?: number; code?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new ApiError(
      'api/too-large',
      'request not read: found a body that is too large',
      { limit: 65_536 },
      { cause: error },
    );
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ApiError(
      'api/unsupported-media-type',
      'request not read: found another media type, expected application/cose',
      { found: 'another', expected: 'application/cose' },
      { cause: error },
    );
  if (status >= 400 && status < 500)
    return new ApiError(
      'api/bad-request',
      `request not read: found ${code || 'a malformed request'}`,
      { reason: code },
      { cause: error },
    );
  return new ApiError(
    'api/fault',
    'request not answered: found a fault in the node',
    { status: 500 },
    { cause: error },
  );
}

/** The JSON body of an error. */
export const errorJson = ({ code, message, remedy, details }: ToolkitError): ErrorJson => ({
  error: {
    code,
    message,
    remedy,
    details: JSON.parse(
      JSON.stringify(details, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    ) as Record<string, unknown>,
  },
});
