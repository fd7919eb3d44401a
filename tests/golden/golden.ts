import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "@jest/globals";

/**
 * Compares a text with the reviewed file `tests/golden/<name>.txt`. `npm run update-goldens` writes the files again: review the diff before you
 * commit it. Escape characters are written as ␛ for readability.
 */
export function expectGolden(name: string, text: string): void {
  const file = new URL(`./${name}.txt`, import.meta.url);
  const readable = text.replaceAll("\u001b", "␛");
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, readable);
  expect({ file: `${name}.txt`, exists: existsSync(file) }).toEqual({ file: `${name}.txt`, exists: true });
  expect(readable).toBe(readFileSync(file, "utf8"));
}
