import { describe, test } from "@jest/globals";
import { isInstalled } from "../emulators.ts";

/**
 * A part of the contract that needs other programs. If one is missing, the part is skipped with a message;
 * in CI it fails, so that an unchecked contract does not pass.
 */
export function describeWith(programs: readonly string[], name: string, chapter: () => void): void {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) {
    describe(name, chapter);
    return;
  }
  const message = `${name}: not checked, because ${missing.join(" and ")} cannot be found on the PATH`;
  if (process.env.CI) {
    test(message, () => {
      throw new Error(message);
    });
  } else {
    // For a file whose tests are all skipped, jest prints only their number.
    process.stderr.write(`SKIPPED ${message}\n`);
    test.skip(message, () => {});
  }
}
