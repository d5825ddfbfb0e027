// SPDX-License-Identifier: Apache-2.0
import { ApiError } from './errors.ts';

/** A height out of a path or query, undefined when left out. Throws `api/bad-request`. */
export function heightOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,19}$/.test(text)) return BigInt(text);
  throw badRequest('a height that is no whole number');
}

/** A whole number of a query, `otherwise` when left out. Throws `api/bad-request`. */
export function integerOf(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
  otherwise: number,
): number {
  if (text === undefined) return otherwise;
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw badRequest(`${name} that is no whole number from ${min} to ${max}`);
}

/** The error of a request that does not fit its route. */
export const badRequest = (reason: string): ApiError<'api/bad-request'> =>
  new ApiError('api/bad-request', `request not read: found ${reason}`, { reason });

/** The error of something that is not there. */
export const notFound = (what: string): ApiError<'api/not-found'> =>
  new ApiError('api/not-found', `request not answered: found no ${what}`, { what });
