// SPDX-License-Identifier: Apache-2.0
import { ProtocolError } from '../../errors.ts';

/** The error of a field whose length fits and whose content does not; 6A80 on the card. */
export const badRequest = (field: string, expected: string): ProtocolError<'protocol/bad-layout'> =>
  new ProtocolError('protocol/bad-layout', `${field} not read: expected ${expected}`, {
    expected,
    length: 0,
  });
