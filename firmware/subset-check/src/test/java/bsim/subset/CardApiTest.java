// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Type;

class CardApiTest {
  private final CardApi api = new CardApi();

  @Test
  void listsOnlyClassesAndMethodsThatTheSimulatedCardHas() throws ClassNotFoundException {
    Set<String> missing = new TreeSet<>();
    for (var entry : api.everything().entrySet()) {
      // The simulated GlobalPlatform API leaves out methods that no applet here calls.
      if (entry.getKey().equals("org/globalplatform/GPSystem")) continue;
      Class<?> type = Class.forName(entry.getKey().replace('/', '.'), false, getClass().getClassLoader());
      Set<String> members = membersOf(type);
      for (String method : entry.getValue()) {
        if (!members.contains(method)) missing.add(entry.getKey() + "." + method);
      }
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void listsEveryMethodOfTheClassesThatTheAppletUsesMost() throws ClassNotFoundException {
    List<String> names = List.of("framework.APDU", "framework.Applet", "framework.Util", "security.ECKey");
    for (String name : names) {
      Class<?> type = Class.forName("javacard." + name, false, getClass().getClassLoader());
      for (Method method : type.getDeclaredMethods()) {
        if (!Modifier.isPublic(method.getModifiers()) || method.isSynthetic()) continue;
        String descriptor = Type.getMethodDescriptor(method);
        boolean isListed = api.hasMethod(Type.getInternalName(type), method.getName(), descriptor);
        assertTrue(isListed, method.toString());
      }
    }
  }

  @Test
  void findsInheritedMethodsButNotInheritedConstructors() {
    assertTrue(api.hasMethod("javacard/security/AESKey", "clearKey", "()V"));
    assertTrue(api.hasMethod("javacard/framework/Shareable", "equals", "(Ljava/lang/Object;)Z"));
    assertFalse(api.hasMethod("javacard/framework/Util", "<init>", "()V"));
  }

  @Test
  void knowsNoMethodThatJavaObjectsHaveBeyondTheCards() {
    assertFalse(api.hasMethod("java/lang/Object", "hashCode", "()I"));
    assertFalse(api.hasMethod("java/lang/Throwable", "getMessage", "()Ljava/lang/String;"));
  }

  private static Set<String> membersOf(Class<?> type) {
    Set<String> members = new TreeSet<>();
    for (Method method : type.getDeclaredMethods()) {
      members.add(method.getName() + Type.getMethodDescriptor(method));
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      members.add("<init>" + Type.getConstructorDescriptor(constructor));
    }
    return members;
  }
}
