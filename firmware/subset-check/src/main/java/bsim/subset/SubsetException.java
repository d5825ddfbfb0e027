// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

/** The classes leave the subset; the message says where. */
public final class SubsetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SubsetException(String message) {
    // Where the check stood when it found out is of no interest: no stack trace.
    super(message, null, false, false);
  }
}
