// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

/**
 * One place where the applet leaves the Java Card subset.
 *
 * @param owner binary name of the class, with dots.
 * @param member field or method, empty for the class itself.
 * @param line of the source file, 0 where the class file names none.
 */
record Violation(String owner, String member, int line, String reason) {
  @Override
  public String toString() {
    String place = member.isEmpty() ? owner : owner + "." + member;
    return line == 0 ? place + ": " + reason : place + ":" + line + ": " + reason;
  }
}
