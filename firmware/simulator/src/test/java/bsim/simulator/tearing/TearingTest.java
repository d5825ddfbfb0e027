// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class TearingTest {
  /** Bytes of commit buffer that the applet may need. */
  private static final int COMMIT_BUFFER = 512;
  /** Commands of the security domain: nothing of the applet's is written. */
  private static final Set<String> OF_SECURITY_DOMAIN =
      Set.of("PUT KEY, new and in place of another", "INSTALL for make selectable");
  private static final Path SCENES_OF_EMULATOR = Path.of("test/applet-sim/support/writing-scenes.ts");

  private static final Prepared PREPARED = new Prepared(Flaw.NONE);
  private static int cuts;

  @TestFactory
  Stream<DynamicTest> aTornCardIsBeforeTheCommandOrAfterIt() {
    return Scenes.all().stream().map(scene -> dynamicTest(scene.title(), () -> {
      cuts += new TornScene(scene, PREPARED.of(scene.image())).tearEverywhere();
      assertTrue(PREPARED.largestTransaction() <= COMMIT_BUFFER);
    }));
  }

  @Test
  void theLargestTransactionErasesSixteenKeysBehindAFullLog() {
    Prepared.Image image = PREPARED.of(Prepared.State.FULL_LOG);
    Reader reader = image.restore(Cut.Remains.FORWARD);
    Prepared.administer(reader);
    reader.send(Apdu.verify(Apdu.PIN));
    for (int reference : new int[] {15, 16}) reader.secure(Apdu.generate(reference, Apdu.P256, Apdu.NOTHING));
    assertEquals("9000", reader.secure(Apdu.FACTORY_RESET));
    assertTrue(PREPARED.largestTransaction() <= COMMIT_BUFFER);
  }

  @Test
  void everyWritingSceneOfTheEmulatorIsPlayed() throws IOException {
    Set<String> missing = new HashSet<>();
    Pattern.compile("^  '([^']+)': \\[|title: '([^']+)'", Pattern.MULTILINE)
        .matcher(scenesOfEmulator())
        .results()
        .forEach(found -> missing.add(found.group(1) == null ? found.group(2) : found.group(1)));
    assertTrue(missing.size() > 20, () -> "found only " + missing);
    missing.removeAll(OF_SECURITY_DOMAIN);
    missing.removeAll(Scenes.all().stream().map(Scene::title).collect(Collectors.toSet()));
    assertEquals(Set.of(), missing);
  }

  @AfterAll
  static void tell() {
    int largest = PREPARED.largestTransaction();
    System.out.println(cuts + " cuts; largest transaction: " + largest + " bytes of commit buffer");
  }

  private static String scenesOfEmulator() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve(SCENES_OF_EMULATOR))) folder = folder.getParent();
    if (folder == null) throw new IllegalStateException("no folder above has " + SCENES_OF_EMULATOR);
    return Files.readString(folder.resolve(SCENES_OF_EMULATOR));
  }
}
