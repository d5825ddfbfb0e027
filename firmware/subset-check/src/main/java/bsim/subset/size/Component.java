// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

/** Components of a CAP file that are loaded onto a card, in the order in which they are loaded. */
enum Component {
  HEADER("Header"),
  DIRECTORY("Directory"),
  IMPORT("Import"),
  APPLET("Applet"),
  CLASS("Class"),
  METHOD("Method"),
  STATIC_FIELD("StaticField"),
  CONSTANT_POOL("ConstantPool"),
  REFERENCE_LOCATION("ReferenceLocation");

  /** Name as the specification has it. */
  final String title;

  Component(String title) {
    this.title = title;
  }
}
