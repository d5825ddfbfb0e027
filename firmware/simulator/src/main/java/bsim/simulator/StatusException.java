// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/** Ends a command of the card itself with a status word: an answer, hence without stack trace. */
final class StatusException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;

  StatusException(int status) {
    super(Integer.toHexString(status), null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }
}
