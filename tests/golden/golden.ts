import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "@jest/globals";

/**
 * Compares a text with the file `tests/golden/<name>.txt`, where a person has reviewed it. `UPDATE_GOLDEN=1 npm test -- tests/report tests/cli tests/functions`
 * writes the files anew: read the diff before it is committed. Escape characters are written as ␛, so that a file can be read.
 */
export function expectGolden(name: string, text: string): void {
  const file = new URL(`./${name}.txt`, import.meta.url);
  const readable = text.replaceAll("\u001b", "␛");
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, readable);
  expect({ file: `${name}.txt`, exists: existsSync(file) }).toEqual({ file: `${name}.txt`, exists: true });
  expect(readable).toBe(readFileSync(file, "utf8"));
}
