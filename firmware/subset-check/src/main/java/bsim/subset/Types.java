// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.Set;
import org.objectweb.asm.Type;

/** Which types a card without int knows: boolean, byte, short, arrays of them, and its classes. */
final class Types {
  private final Set<String> own;
  private final CardApi api;

  /** @param own internal names of the package's classes. */
  Types(Set<String> own, CardApi api) {
    this.own = own;
    this.api = api;
  }

  /** Why the card has no such type; null where it has. */
  String fault(Type type) {
    return switch (type.getSort()) {
      case Type.VOID, Type.BOOLEAN, Type.BYTE, Type.SHORT -> null;
      case Type.INT -> "int: the card counts in 16 bits";
      case Type.LONG -> "long: the card counts in 16 bits";
      case Type.CHAR -> "char: the card has no characters";
      case Type.FLOAT, Type.DOUBLE -> "floating point: the card has none";
      case Type.ARRAY ->
          type.getDimensions() > 1 ? "array of arrays: the card has none" : fault(type.getElementType());
      default -> classFault(type.getInternalName());
    };
  }

  /** Why the card has no such class; null where it has. The name may be that of an array type. */
  String classFault(String internalName) {
    if (internalName.startsWith("[")) return fault(Type.getType(internalName));
    if (own.contains(internalName) || api.hasClass(internalName)) return null;
    return internalName.replace('/', '.') + ": " + kindOf(internalName);
  }

  /** Why the card has no such method; null where it has. */
  String methodFault(String owner, String name, String descriptor) {
    String fault = classFault(owner);
    if (fault != null) return fault;
    if (own.contains(owner) || api.hasMethod(owner, name, descriptor)) return null;
    return owner.replace('/', '.') + "." + name + descriptor + " is not in the Java Card 3.0.5 classic API";
  }

  /** Whether the class belongs to the package itself. */
  boolean isOwn(String internalName) {
    return own.contains(internalName);
  }

  private static String kindOf(String name) {
    if (name.matches("java/lang/(String.*|CharSequence)")) return "the card has no strings";
    if (name.matches("java/lang/(Boolean|Byte|Short|Character|Integer|Long|Float|Double|Number)")) {
      return "the card has no boxed numbers";
    }
    if (name.startsWith("java/util/stream/")) return "the card has no streams";
    if (name.matches("java/lang/(Class|reflect/.*)")) return "the card has no reflection";
    if (name.matches("java/lang/(Thread.*|Runnable)|java/util/concurrent/.*")) {
      return "the card has no threads";
    }
    return "not in the Java Card 3.0.5 classic API";
  }
}
