import { describe, test } from "@jest/globals";
import { isInstalled } from "../emulators.ts";

/**
 * A chapter of the contract that needs other programs. Where one is missing the chapter is skipped and says so,
 * but in CI it fails, so that nobody takes a contract that was not checked for one that holds.
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
    // Of a file whose tests are all skipped jest says no more than how many.
    process.stderr.write(`SKIPPED ${message}\n`);
    test.skip(message, () => {});
  }
}
