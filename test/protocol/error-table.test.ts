// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { entry, ToolkitError } from '../../protocol/error-table.ts';
import { ProtocolError, protocolErrors } from '../../protocol/errors.ts';

describe('an error of the toolkit', () => {
  const cause = new TypeError('below');
  const error = new ProtocolError(
    'protocol/bad-hex',
    'hexadecimal text not read: found 3 digits, expected an even number',
    { position: 3 },
    { cause },
  );

  it('carries its code, facts, remedy and cause', () => {
    expect(error).toBeInstanceOf(ToolkitError);
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe('protocol/bad-hex');
    expect(error.details).toEqual({ position: 3 });
    expect(error.remedy).toBe(protocolErrors['protocol/bad-hex'].remedy);
    expect(error.cause).toBe(cause);
  });

  it('is named by its class and shows its message first', () => {
    expect(error.name).toBe('ProtocolError');
    expect(String(error)).toBe(`ProtocolError: ${error.message}`);
    expect(error.stack).toContain(error.message);
  });

  it('has no cause where none was given', () => {
    const plain = new ProtocolError('protocol/bad-hex', 'x', { position: 0 });
    expect('cause' in plain).toBe(false);
  });
});

it('an entry of a table holds what is told and nothing at run time for its facts', () => {
  expect(entry<{ length: number }>('It failed.', 'Try again.')).toEqual({
    meaning: 'It failed.',
    remedy: 'Try again.',
  });
});
