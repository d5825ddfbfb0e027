// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import org.objectweb.asm.tree.analysis.Value;

/** What is known of a value on the operand stack or in a variable. */
enum Kind implements Value {
  /** A number that is the same computed in 16 bits. */
  SHORT,
  /** A number whose upper 16 bits may matter. */
  INT,
  /** A reference. */
  REFERENCE,
  /** A long or double: two words, judged elsewhere. */
  WIDE,
  /** Nothing that could be used. */
  NONE;

  @Override
  public int getSize() {
    return this == WIDE ? 2 : 1;
  }
}
